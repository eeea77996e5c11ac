import type { Answered, BackfillAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useLive } from "../../live/use_live.ts";
import { creditSentence, progressSentence } from "../../say/backfill.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Ago } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";
import { entityWords } from "../../ui/words.ts";

/** How far a run is; reading it brings its figures up to date. */
export function RunningCard({ id, first }: { id: string; first: BackfillAnswer }) {
  const live = useLive<Answered<{ run: BackfillAnswer }>>(`/backfill?run=${id}`, 1_000);
  const run = live.data?.run ?? first;
  const { busy, run: does } = useAction();
  const cancel = () =>
    does(async () => {
      await act("/backfill/cancel", { run: id });
      return "The backfill is cancelled. What is in Zoho stays.";
    });
  return (
    <Card
      title={`${entityWords[run.entity]}s${run.dryRun ? ", dry run" : ""}`}
      note={
        <>
          began <Ago at={run.startedAt} />
        </>
      }
      aside={run.status === "running" && (
        <Button acts small busy={busy} onClick={() => void cancel()}>
          Cancel it
        </Button>
      )}
    >
      <progress
        className="progress"
        aria-label="Progress"
        max={Math.max(1, run.progress.total)}
        value={run.progress.done}
      />
      <p className="light">{`${progressSentence(run)} · ${creditSentence(run)}`}</p>
    </Card>
  );
}
