import { type SubmitEvent, useState } from "react";
import type { EntityType } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { entityWords } from "../../ui/words.ts";

interface Wanted {
  entity: EntityType;
  since: string;
}

/** A dry run asks nothing further; a real one says what it does and asks once more. */
export function StartForm({ isRunning }: { isRunning: boolean }) {
  const [wanted, setWanted] = useState<Wanted>({
    entity: "contract",
    since: "",
  });
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  const what = `${entityWords[wanted.entity].toLowerCase()}s`;

  const start = (dryRun: boolean) =>
    run(async () => {
      const { entity, since } = wanted;
      await act("/backfill", { entity, dryRun, ...(since && { since }) });
      return dryRun ? "The dry run has begun; nothing is written." : `The backfill of ${what} has begun.`;
    }, () => setAsking(false));

  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    void start(true);
  }

  return (
    <form className="card card-body row" aria-label="Begin a backfill" onSubmit={submit}>
      <label htmlFor="entity">What</label>
      <select
        id="entity"
        className="select"
        value={wanted.entity}
        onChange={(event) => setWanted({ ...wanted, entity: event.target.value as EntityType })}
      >
        {Object.entries(entityWords).map(([type, word]) => (
          <option key={type} value={type}>{`${word}s`}</option>
        ))}
      </select>
      <label htmlFor="since">Created since (optional)</label>
      <input
        id="since"
        type="date"
        className="input"
        value={wanted.since}
        onChange={(event) => setWanted({ ...wanted, since: event.target.value })}
      />
      <Button acts type="submit" icon="search" busy={busy && !isAsking}>
        Dry run
      </Button>
      <Button acts kind="primary" icon="backfill" disabled={isRunning} onClick={() => setAsking(true)}>
        {isRunning ? "A backfill is running" : "Start"}
      </Button>
      {isAsking && (
        <Confirm
          title={`Backfill ${what}?`}
          onClose={() => setAsking(false)}
          label="Start the backfill"
          icon="backfill"
          busy={busy}
          onConfirm={() => void start(false)}
        >
          <p>
            {`Every ${entityWords[wanted.entity].toLowerCase()}${
              wanted.since ? ` made since ${wanted.since}` : ""
            } is queued in the last lane and sent to Zoho where it differs. Changes of today go first.`}
          </p>
          <p className="light">
            A dry run says before what would be created and what it costs. A backfill can be cancelled; what
            is in Zoho by then stays.
          </p>
        </Confirm>
      )}
    </form>
  );
}
