import type { QuestionItem } from "../../api/answers.ts";
import { useList } from "../../live/use_list.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { ErrorNote } from "../../ui/states.tsx";
import { QuestionsOfKind } from "./questions_of_kind.tsx";
import { questionKinds } from "./words.ts";

/** Everything that only a person can decide, by kind. */
export function AllQuestions() {
  const list = useList<QuestionItem>("/questions?limit=50", ({ id }) => id);
  if (list.live.data === undefined && list.live.error !== undefined) {
    return (
      <Card title="Questions">
        <ErrorNote error={list.live.error} onRetry={list.live.refresh} />
      </Card>
    );
  }
  return (
    <>
      <Questions questions={list.items} hasMore={list.loadMore !== undefined} />
      {list.loadMore && (
        <p>
          <Button busy={list.busy} onClick={() => void list.loadMore?.()}>
            Show more questions
          </Button>
        </p>
      )}
    </>
  );
}

/** Open questions, a card for each kind; of one record or of many. */
export function Questions(
  { questions, hasMore = false }: {
    questions: QuestionItem[];
    hasMore?: boolean;
  },
) {
  return questionKinds.map((kind) => {
    // A company that nothing waits for any more was renamed since: it comes last.
    const some = questions.filter((question) => question.kind === kind)
      .sort((a, b) => kind === "account" ? Number(a.waiting === 0) - Number(b.waiting === 0) : 0);
    return some.length > 0 && (
      <QuestionsOfKind
        key={kind}
        kind={kind}
        questions={some}
        hasMore={hasMore}
      />
    );
  });
}
