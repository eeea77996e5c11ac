import { type SubmitEvent, useState } from "react";
import type { ChangeSettingsAnswer, EntityType, SettingsAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { useAction } from "../../ui/use_action.ts";
import { entityWords } from "../../ui/words.ts";

/** Credits of a day and the kinds of record that are kept in step; both can be taken back. */
export function Limits({ settings }: { settings: SettingsAnswer }) {
  // Only what is changed here: the rest is as it is now, also after an undo or a colleague's change.
  const [typed, setTyped] = useState<string | null>(null);
  const [toggled, setToggled] = useState<ReadonlySet<EntityType>>(new Set());
  const { busy, run } = useAction();

  const isOn = (kind: EntityType) => settings.syncedTypes.includes(kind) !== toggled.has(kind);

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    const isSaved = await run(async () => {
      const { undo } = await act<ChangeSettingsAnswer>("/settings", {
        ...(typed !== null && { dailyCredits: Number(typed) }),
        ...(toggled.size > 0 && { syncedTypes: [...settings.syncedTypes, ...toggled].filter(isOn) }),
      });
      return { good: "The settings are changed.", undo };
    });
    // Only now is what was saved read again.
    if (!isSaved) return;
    setTyped(null);
    setToggled(new Set());
  }

  function toggle(kind: EntityType): void {
    const changed = new Set(toggled);
    if (!changed.delete(kind)) changed.add(kind);
    setToggled(changed);
  }

  return (
    <Card
      title="Credits and record types"
      note="Records of a type that is switched off are not sent"
    >
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <div className="row">
          <label htmlFor="credits">Zoho's credits in 24 hours</label>
          <input
            id="credits"
            className="input"
            type="number"
            min={1}
            required
            value={typed ?? settings.dailyCredits}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
        <div className="row" role="group" aria-label="Record types that are sent">
          {(Object.entries(entityWords) as [EntityType, string][]).map(([kind, word]) => (
            <label key={kind} className="row">
              <input
                type="checkbox"
                checked={isOn(kind)}
                onChange={() =>
                  toggle(kind)}
              />
              {`${word}s`}
            </label>
          ))}
        </div>
        <div className="row">
          <Button
            acts
            type="submit"
            small
            kind="primary"
            busy={busy}
            disabled={typed === null && toggled.size === 0}
          >
            Save
          </Button>
        </div>
      </form>
    </Card>
  );
}
