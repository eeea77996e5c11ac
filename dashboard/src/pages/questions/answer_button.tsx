import { useState } from "react";
import type { QuestionCandidate, QuestionChoice, QuestionItem } from "../../api/answers.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";
import { sendAnswer } from "./answer.ts";
import { choiceWords, consequence } from "./words.ts";

/** What many answers do that overwrite nothing. */
const harmless: Partial<Record<QuestionChoice, string>> = {
  make_new: "A new one is created for each. The candidates shown are not suggested again.",
  try_again: "Each record is looked up again. What still belongs to another record becomes a new question.",
};

interface Props {
  /** Those that offer the choice; of one kind. */
  questions: QuestionItem[];
  choice: QuestionChoice;
  isPrimary: boolean;
  /** The Account or Contact that is chosen. */
  candidate?: QuestionCandidate;
  /** Of ticked questions, whose number it names. */
  isBulk?: boolean;
  onDone?: () => void;
}

/** One answer to one question, or to many: a second click where something is overwritten, and always for many. */
export function AnswerButton(
  { questions, choice, isPrimary, candidate, isBulk = false, onDone }: Props,
) {
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  const [first] = questions;
  const sentence = first === undefined ? null : consequence(first, choice);
  const about = candidate?.name ??
    (questions.length === 1 && first ? nameOf(first) : count(questions.length, "question"));

  async function give(): Promise<void> {
    await run(() => sendAnswer(questions, choice, candidate?.id), () => {
      setAsking(false);
      onDone?.();
    });
  }

  return (
    <>
      <Button
        acts
        small
        kind={isPrimary ? "primary" : undefined}
        busy={busy && !isAsking}
        disabled={first === undefined}
        onClick={() => (isBulk || sentence !== null ? setAsking(true) : void give())}
      >
        {choiceWords[choice]}
        {isBulk ? ` (${questions.length})` : <span className="hidden-text">&nbsp;{about}</span>}
      </Button>
      {isAsking && first && (
        <Confirm
          title={`${choiceWords[choice]}?`}
          onClose={() => setAsking(false)}
          label={choiceWords[choice]}
          busy={busy}
          onConfirm={() => void give()}
        >
          <p className="note warn">
            {isBulk && questions.length > 1 ? `${about}, each as the first one:` : about}
          </p>
          <p>
            {sentence ?? harmless[choice] ?? "Both sides stay as they are, and that is remembered."}
          </p>
          <p className="light">
            The answer takes effect only if the record is still as shown here. Otherwise the question is asked
            again with the new values.
          </p>
        </Confirm>
      )}
    </>
  );
}

export function nameOf(
  { entityType, entityId, number, field, ours }: QuestionItem,
): string {
  if (entityType === null || entityId === null) return String(ours);
  const name = number ?? shortName(entityType, entityId);
  return field === null || field === "Stage" ? name : `${name}, ${field}`;
}
