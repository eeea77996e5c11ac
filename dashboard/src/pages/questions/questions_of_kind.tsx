import { useState } from "react";
import type { QuestionChoice, QuestionItem, QuestionKind } from "../../api/answers.ts";
import { sentenceOf } from "../../api/error.ts";
import { announce } from "../../ui/announce.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { count } from "../../ui/words.ts";
import { readAll } from "./answer.ts";
import { AnswerButton, nameOf } from "./answer_button.tsx";
import { bulkChoicesOf, questionColumns as columns } from "./question_columns.tsx";
import { kindWords } from "./words.ts";

interface Props {
  kind: QuestionKind;
  questions: QuestionItem[];
  /** More are open than are shown. */
  hasMore: boolean;
}

/** The open questions of one kind: answered one by one, or those that are ticked at once. */
export function QuestionsOfKind({ kind, questions, hasMore }: Props) {
  const [ticked, setTicked] = useState<ReadonlyMap<string, QuestionItem>>(new Map());
  const [isReading, setReading] = useState(false);
  const { title, note } = kindWords[kind];
  const open = questions.filter(({ answer }) => answer === null);
  const choices = [...new Set(open.flatMap(bulkChoicesOf))];

  function tick(question: QuestionItem): void {
    const changed = new Map(ticked);
    if (!changed.delete(question.id)) changed.set(question.id, question);
    setTicked(changed);
  }

  async function tickAll(): Promise<void> {
    setReading(true);
    try {
      const all = hasMore ? await readAll(kind) : open;
      setTicked(new Map(all.map((question) => [question.id, question])));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setReading(false);
    }
  }

  const select: TableColumn<QuestionItem> = {
    header: "Select",
    quietHeader: true,
    cell: (question) => (
      <label className="tick">
        <input
          type="checkbox"
          aria-label={`Select ${nameOf(question)}`}
          checked={ticked.has(question.id)}
          disabled={question.answer !== null}
          onChange={() => tick(question)}
        />
      </label>
    ),
  };
  const offering = (choice: QuestionChoice) =>
    [...ticked.values()].filter((question) => bulkChoicesOf(question).includes(choice));

  return (
    <Card
      flush
      title={title}
      note={note}
      aside={
        <Badge tone="warn">
          {hasMore ? `${questions.length} and more` : count(questions.length, "question")}
        </Badge>
      }
      foot={open.length > 1 && (
        <>
          {choices.map((choice) => (
            <AnswerButton
              key={choice}
              isBulk
              questions={offering(choice)}
              choice={choice}
              isPrimary={false}
              onDone={() => setTicked(new Map())}
            />
          ))}
          <Button
            small
            kind="ghost"
            busy={isReading}
            onClick={() => (ticked.size > 0 ? setTicked(new Map()) : void tickAll())}
          >
            {ticked.size > 0 ? "Select none" : "Select all of this kind"}
          </Button>
        </>
      )}
    >
      <Table
        caption={title}
        columns={[
          ...(open.length > 1 ? [select] : []),
          ...(kind === "account" ? [columns.company, columns.candidates] : kind === "contact_match"
            ? [
              columns.record,
              columns.ours,
              columns.candidates,
            ]
            : [
              columns.record,
              ...(kind === "contested" ? [columns.field] : []),
              columns.ours,
              columns.theirs,
              columns.changed,
            ]),
          columns.asked,
          columns.answers,
        ]}
        rows={questions}
        rowKey={({ id }) => id}
      />
    </Card>
  );
}
