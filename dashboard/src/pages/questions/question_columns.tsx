import type { QuestionCandidate, QuestionItem, ShownValue } from "../../api/answers.ts";
import { usePeople } from "../../live/use_people.ts";
import { linkTo } from "../../route/route.ts";
import { whoInZoho } from "../../say/who.ts";
import { EntityLink } from "../../ui/entity_link.tsx";
import { Value } from "../../ui/field_value.tsx";
import { ZohoRecordLink } from "../../ui/places.tsx";
import type { TableColumn } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { count } from "../../ui/words.ts";
import { AnswerButton } from "./answer_button.tsx";
import { candidateType, choiceWords, evidence, reasonWords } from "./words.ts";

/** Both values of a question, who changed it in Zoho and when, and its answers. */
export const questionColumns = {
  record: {
    header: "Record",
    isHeader: true,
    cell: ({ entityType, entityId, number }) =>
      entityType && entityId && <EntityLink type={entityType} id={entityId} number={number} />,
  },
  company: {
    header: "Company",
    isHeader: true,
    className: "wrap",
    cell: ({ ours, waiting }) => (
      <>
        {String(ours)}
        <a className="part" href={linkTo("problems", "", { code: "ACCOUNT_UNCERTAIN" })}>
          {count(waiting, "record waits", "records wait")}
        </a>
      </>
    ),
  },
  candidates: {
    header: "In Zoho",
    className: "wrap",
    cell: (question) => (
      <>
        {question.reason && reasonWords[question.reason]}
        <ul className="choices">
          {question.candidates.map((each) => (
            <Candidate
              key={each.id}
              question={question}
              candidate={each}
            />
          ))}
        </ul>
      </>
    ),
  },
  field: {
    header: "Field",
    cell: ({ field }) => (field === null ? <span className="quiet">the record</span> : <code>{field}</code>),
  },
  ours: {
    header: "CircleTel",
    className: "wrap",
    cell: ({ ours }) => <Side value={ours} />,
  },
  theirs: {
    header: "Zoho",
    className: "wrap",
    cell: ({ kind, theirs }) =>
      kind === "record_gone" ? <span className="quiet">deleted</span> : <Side value={theirs} />,
  },
  changed: {
    header: "Changed in Zoho",
    cell: ({ changedBy, changedAt }) => (
      <span className="light">
        <Time at={changedAt} none="not known" />
        {changedBy && <Changer id={changedBy} />}
      </span>
    ),
  },
  asked: { header: "Asked", cell: ({ askedAt }) => <Ago at={askedAt} /> },
  answers: {
    header: "Answers",
    right: true,
    cell: (question) => <Answers question={question} />,
  },
} satisfies Record<string, TableColumn<QuestionItem>>;

function Changer({ id }: { id: string }) {
  const people = usePeople(true);
  return <span className="part">{whoInZoho(id, people)}</span>;
}

function Candidate({ question, candidate }: { question: QuestionItem; candidate: QuestionCandidate }) {
  return (
    <li>
      <div>
        <h3>
          <ZohoRecordLink zohoType={candidateType(question.kind)} id={candidate.id} name={candidate.name} />
        </h3>
        <p className="light">{evidence(candidate)}</p>
      </div>
      <AnswerButton questions={[question]} choice="link" candidate={candidate} isPrimary />
    </li>
  );
}

function Answers({ question }: { question: QuestionItem }) {
  const { answer, answeredBy } = question;
  const answers = choicesOf(question);
  if (answer !== null) {
    return (
      <span className="light">
        {`“${choiceWords[answer]}” was chosen${
          answeredBy ? ` by ${answeredBy}` : ""
        }; the record is read first`}
      </span>
    );
  }
  return (
    <span className="row answers">
      {answers.map((choice, index) => (
        <AnswerButton
          key={choice}
          questions={[question]}
          choice={choice}
          isPrimary={index === 0 && question.reason === null}
        />
      ))}
    </span>
  );
}

/** The answers that stand by themselves: a company or a customer is linked beside what is chosen of those shown. */
export function choicesOf({ reason, answers }: QuestionItem): QuestionItem["answers"] {
  return reason === null ? answers : answers.filter((choice) => choice !== "link");
}

/** Answers that many questions can be given at once: a customer's only Contact needs no choosing. */
export function bulkChoicesOf(question: QuestionItem): QuestionItem["answers"] {
  return isLinkable(question) ? question.answers : choicesOf(question);
}

function isLinkable({ kind, candidates }: QuestionItem): boolean {
  return kind === "contact_match" && candidates.length === 1;
}

/** A status, a field's value, or of a found record its id and what it differs in. */
function Side({ value }: { value: ShownValue }) {
  if (typeof value === "string") {
    return <span>{value.replaceAll("_", " ")}</span>;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return <Value value={value} />;
  }
  const parts = Object.entries(value).filter(([, part]) => part !== null);
  if (parts.length === 0) return <span className="quiet">no record yet</span>;
  return (
    <>
      {parts.map(([name, part]) => (
        <span key={name} className="part">
          {name !== "id" && `${name === "linked_to" ? "linked to" : name} `}
          <code>{textOf(part)}</code>
        </span>
      ))}
    </>
  );
}

function textOf(value: ShownValue | undefined): string {
  if (typeof value !== "object" || value === null) return String(value ?? "");
  return "id" in value && typeof value.id === "string" ? value.id : JSON.stringify(value);
}
