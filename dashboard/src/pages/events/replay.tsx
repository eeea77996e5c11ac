import { useState } from "react";
import { act } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { useAction } from "../../ui/use_action.ts";

/** See supabase/functions/_shared/admin/replay.ts. */
interface ReplayAnswer {
  success: boolean;
  dryRun: boolean;
  results: {
    eventId: string;
    was: string;
    status: string;
    reason: string | null;
    contractId: string | null;
  }[];
}

/** First what would happen, then the act: a replay changes business rows. */
export function Replay({ eventId }: { eventId: string }) {
  const [outlook, setOutlook] = useState<ReplayAnswer["results"][number] | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const [looking, setLooking] = useState(false);
  const { busy, run } = useAction();

  async function look(): Promise<void> {
    setLooking(true);
    setFault(null);
    try {
      const { results } = await act<ReplayAnswer>("/replay", {
        eventId,
        dryRun: true,
      });
      setOutlook(results[0] ?? null);
    } catch (error) {
      setFault(sentenceOf(error));
    } finally {
      setLooking(false);
    }
  }

  async function replay(): Promise<void> {
    const isDone = await run(async () => {
      const { results } = await act<ReplayAnswer>("/replay", { eventId });
      const [result] = results;
      return `Replayed: ${result?.status ?? "nothing to do"}${result?.reason ? `, ${result.reason}` : ""}.`;
    });
    if (isDone) setOutlook(null);
  }

  return (
    <section className="card card-body stack" aria-label="Replay">
      <div className="row spread">
        <span className="light">Apply this event again, through the same gates.</span>
        <Button small icon="play" busy={looking} onClick={() => void look()}>
          Try it (dry run)
        </Button>
      </div>
      <div role="status">
        {fault && <p className="note bad">{fault}</p>}
        {outlook && (
          <p className="note">
            Nothing was changed. It would be <StatusBadge status={outlook.status} />
            {outlook.reason && <span>{outlook.reason}</span>}
          </p>
        )}
      </div>
      {outlook && (
        <div className="row">
          <Button kind="primary" small icon="retry" busy={busy} onClick={() => void replay()}>
            Replay for real
          </Button>
          <Button kind="ghost" small onClick={() => setOutlook(null)}>
            Leave it
          </Button>
        </div>
      )}
    </section>
  );
}
