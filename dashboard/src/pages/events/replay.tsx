import { useState } from "react";
import type { ReplayAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useAction } from "../../ui/use_action.ts";

/** First what would happen, then the act: a look may change business rows. */
export function Replay({ eventId }: { eventId: string }) {
  const [outlook, setOutlook] = useState<ReplayAnswer["results"] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const { busy, run } = useAction();

  async function look(): Promise<void> {
    setLooking(true);
    setFault(null);
    try {
      setOutlook(
        (await act<ReplayAnswer>("/replay", { eventId, dryRun: true })).results,
      );
    } catch (error) {
      setFault(sentenceOf(error));
    } finally {
      setLooking(false);
    }
  }

  async function replay(): Promise<void> {
    await run(async () => {
      const { marked } = await act<ReplayAnswer>("/replay", { eventId });
      return marked > 0 ? "The record is looked at again." : "This event belongs to no record of CircleTel.";
    }, () => setOutlook(null));
  }

  return (
    <section className="card card-body stack" aria-label="Replay">
      <div className="row spread">
        <span className="light">
          Look at the record again, as it is in Zoho now.
        </span>
        <Button acts small icon="play" busy={looking} onClick={() => void look()}>
          Try it (dry run)
        </Button>
      </div>
      <div role="status">
        {fault && <p className="note bad">{fault}</p>}
        {outlook?.length === 0 && <p className="note">This event belongs to no record of CircleTel.</p>}
        {outlook?.map(({ entityId, outcome, reason }) => (
          <p key={entityId} className="note">
            Nothing was changed. It would be <StatusBadge status={outcome} />
            {reason && <span>{reason}</span>}
          </p>
        ))}
      </div>
      {outlook && outlook.length > 0 && (
        <div className="row">
          <Button
            kind="primary"
            small
            icon="retry"
            busy={busy}
            onClick={() => void replay()}
          >
            Replay it
          </Button>
          <Button kind="ghost" small onClick={() => setOutlook(null)}>
            Cancel
          </Button>
        </div>
      )}
    </section>
  );
}
