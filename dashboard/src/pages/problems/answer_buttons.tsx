import type { AccountAnswerAnswer, AccountCandidate, AccountQuestion } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";

/** One answer to a question; no candidate means a new Account. */
export function AnswerButtons({ question: { accountKey, name }, candidate }: {
  question: AccountQuestion;
  candidate: AccountCandidate | null;
}) {
  const { busy, run } = useAction();
  const answer = () =>
    run(async () => {
      const { woken } = await act<AccountAnswerAnswer>("/account-questions/answer", {
        accountKey,
        ...(candidate ? { accountId: candidate.id } : { create: true }),
      });
      return `${name} is settled; ${count(woken, "record is", "records are")} on the way to Zoho.`;
    });
  return (
    <Button small kind={candidate ? "primary" : undefined} busy={busy} onClick={() => void answer()}>
      {candidate ? "This one" : "Make a new Account"}
      <span className="hidden-text">&nbsp;{candidate ? `: ${candidate.name}` : `for ${name}`}</span>
    </Button>
  );
}
