import type {
  Answered,
  QuestionChoice,
  QuestionItem,
  QuestionsAnswer,
  QuestionsAnswered,
} from "../../api/answers.ts";
import { act, read } from "../../api/call.ts";
import type { PartlyDone } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";
import { choiceWords } from "./words.ts";

/** Ids of one call (docs/admin-api.md). */
const MOST = 1_000;
const REASONS_SHOWN = 5;

/** Answers questions and says what came of it. */
export async function sendAnswer(
  questions: QuestionItem[],
  choice: QuestionChoice,
  chosenId?: string,
): Promise<string | PartlyDone> {
  let answered = 0;
  const refused: QuestionsAnswered["refused"] = [];
  for (let start = 0; start < questions.length; start += MOST) {
    const ids = questions.slice(start, start + MOST).map(({ id }) => id);
    const chosen = questions[0]?.kind === "contact_match" ? { contactId: chosenId } : { accountId: chosenId };
    const done = await act<QuestionsAnswered>("/questions/answer", { ids, choice, ...chosen });
    answered += done.answered;
    refused.push(...done.refused);
  }
  const over = questions.length - answered - refused.length;
  const said = `${choiceWords[choice]}: ${count(answered, "question is", "questions are")} answered${
    over > 0 ? `, ${over} had closed before` : ""
  }.`;
  if (refused.length === 0) return said;
  const reasons = refused.slice(0, REASONS_SHOWN).map(({ id, code, message }) =>
    `${questions.find((question) => question.id === id)?.number ?? id} (${code}: ${message})`
  );
  const more = refused.length > REASONS_SHOWN ? ` and ${refused.length - REASONS_SHOWN} more` : "";
  return { bad: `${said} Refused by the database and still open: ${reasons.join(", ")}${more}.` };
}

/** Every open question of a kind, also those that are not shown. */
export async function readAll(
  kind: QuestionItem["kind"],
): Promise<QuestionItem[]> {
  const all: QuestionItem[] = [];
  let after: string | null = "";
  while (after !== null) {
    const query = new URLSearchParams({
      limit: "200",
      ...(after && { after }),
    });
    const { items, next }: Answered<QuestionsAnswer> = await read(
      `/questions?${query}`,
    );
    all.push(
      ...items.filter((item) => item.kind === kind && item.answer === null),
    );
    after = next;
  }
  return all;
}
