import { useState } from "react";
import type { Answered, ProblemsAnswer, RetryAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useLive } from "../../live/use_live.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Button } from "../../ui/button.tsx";
import { CsvButton } from "../../ui/csv_button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, Loading, WhenLoaded } from "../../ui/states.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";
import { unknownWrites } from "../../shell/go_on.tsx";
import { noProblemText } from "../../say/no_problem.ts";
import { retriedText } from "../../say/retried.ts";
import { AllQuestions } from "../questions/questions.tsx";
import { Notices } from "./notices.tsx";
import { ProblemCard } from "./problem_card.tsx";
import { UnknownWrites } from "./unknown_writes.tsx";

/** A person waits here for a failure to appear or to go, so it is read more often than elsewhere. */
const EVERY_MS = 1_000;

export function ProblemsPage({ route, status }: PageProps) {
  const live = useLive<Answered<ProblemsAnswer>>("/problems", EVERY_MS);
  const problems = live.data?.problems ?? [];
  const paused = status.data?.paused;
  // What comes first must not push away what came later: the three lists are shown together.
  const others = [useLive<unknown>("/questions?limit=50"), useLive<unknown>("/notices?limit=50")];
  const isReady = [live, ...others].every(({ data, error }) => data !== undefined || error !== undefined);
  return (
    <PageLayout
      title="Problems"
      lead="What needs a person: failures by cause, and questions"
      live={live}
      aside={problems.length > 0 && (
        <>
          <CsvButton path={() => "/problems.csv"} />
          <RetryEverything dead={problems.reduce((sum, { dead }) => sum + dead, 0)} />
        </>
      )}
    >
      {paused?.code === unknownWrites && <UnknownWrites paused={paused} />}
      {isReady
        ? (
          <>
            <WhenLoaded live={live} what="the problems">
              {() =>
                problems.length === 0
                  ? (
                    <Card title="Failed changes">
                      <Empty title="No change has failed for good">
                        {noProblemText(status.data)}
                      </Empty>
                    </Card>
                  )
                  : (
                    problems.map((problem) => (
                      <ProblemCard
                        key={`${problem.code} ${problem.field}`}
                        problem={problem}
                        isOnly={problems.length === 1}
                        isNamed={route.query.get("code") === problem.code}
                      />
                    ))
                  )}
            </WhenLoaded>
            <AllQuestions />
            <Notices />
          </>
        )
        : <Loading what="the problems" lines={12} />}
    </PageLayout>
  );
}

function RetryEverything({ dead }: { dead: number }) {
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  async function retry(): Promise<void> {
    await run(async () => {
      return retriedText(await act<RetryAnswer>("/retry", { all: true }));
    }, () => setAsking(false));
  }
  return (
    <>
      <Button acts icon="retry" onClick={() => setAsking(true)}>
        Retry everything
      </Button>
      {isAsking && (
        <Confirm
          title="Retry everything?"
          onClose={() => setAsking(false)}
          label="Retry everything"
          icon="retry"
          busy={busy}
          onConfirm={() => void retry()}
        >
          <p className="light">
            {`${
              count(
                dead,
                "dead letter",
              )
            } and whatever waits after a fault are tried again now. What is still broken comes
            back here.`}
          </p>
        </Confirm>
      )}
    </>
  );
}
