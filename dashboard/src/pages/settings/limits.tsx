import { type SubmitEvent, useState } from "react";
import type { ChangeSettingsAnswer, EntityType, SettingsAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { useAction } from "../../ui/use_action.ts";
import { entityWords } from "../../ui/words.ts";

/** Credits of a day and the kinds of record that are kept in step; both can be taken back. */
export function Limits({ settings }: { settings: SettingsAnswer }) {
  const [credits, setCredits] = useState(String(settings.dailyCredits));
  const [kinds, setKinds] = useState<ReadonlySet<EntityType>>(new Set(settings.syncedTypes));
  const { busy, run } = useAction();

  async function submit(event: SubmitEvent<HTMLFormElement>): Promise<void> {
    event.preventDefault();
    await run(async () => {
      const { undo } = await act<ChangeSettingsAnswer>("/settings", {
        dailyCredits: Number(credits),
        syncedTypes: [...kinds],
      });
      return { good: "The settings are changed.", undo };
    });
  }

  function toggle(kind: EntityType): void {
    const changed = new Set(kinds);
    if (!changed.delete(kind)) changed.add(kind);
    setKinds(changed);
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
            value={credits}
            onChange={(event) => setCredits(event.target.value)}
          />
        </div>
        <div className="row" role="group" aria-label="Record types that are sent">
          {(Object.entries(entityWords) as [EntityType, string][]).map(([kind, word]) => (
            <label key={kind} className="row">
              <input
                type="checkbox"
                checked={kinds.has(kind)}
                onChange={() =>
                  toggle(kind)}
              />
              {`${word}s`}
            </label>
          ))}
        </div>
        <div className="row">
          <Button acts type="submit" small kind="primary" busy={busy}>Save</Button>
        </div>
      </form>
    </Card>
  );
}
