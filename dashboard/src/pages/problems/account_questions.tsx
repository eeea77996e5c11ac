import type { AccountCandidate, AccountQuestion, AccountQuestionsAnswer } from "../../api/answers.ts";
import type { Answered } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { Card } from "../../ui/card.tsx";
import { Shown } from "../../ui/states.tsx";
import { Ago } from "../../ui/time.tsx";
import { count } from "../../ui/words.ts";
import { AnswerButtons } from "./answer_buttons.tsx";

/** Why a person is asked, in one sentence. */
const REASONS: Readonly<Record<AccountQuestion["reason"], string>> = {
  several_accounts: "Zoho has several Accounts that could be this company.",
  number_and_name_disagree: "One Account has this company's number, another one its name.",
  numbers_differ: "An Account has this company's name, but another registration or VAT number.",
  legal_form_differs: "An Account has this name with another legal form.",
  trading_name_differs: "An Account has this company's number, but a name that reads differently.",
  another_person: "An Account of this name belongs to another person.",
};

/** What speaks for a candidate, and what against it. */
const FOR: Readonly<Record<string, string>> = {
  registration_number: "same registration number",
  vat_number: "same VAT number",
  exact_name: "same name",
  name: "similar name",
};
const AGAINST: Readonly<Record<string, string>> = {
  registration_number: "another registration number",
  vat_number: "another VAT number",
  legal_form: "another legal form",
  trading_name: "another trading name",
  another_person: "another person's",
};

function words(codes: string[], meaning: Readonly<Record<string, string>>): string[] {
  return codes.map((code) => meaning[code] ?? code);
}

/** Companies whose Account in Zoho is uncertain: what belongs to them waits until somebody says which it is. */
export function AccountQuestions() {
  const live = useLive<Answered<AccountQuestionsAnswer>>("/account-questions");
  return (
    <Shown live={live} what="the questions" lines={3}>
      {({ questions }) =>
        questions.map((question) => <Question key={question.accountKey} question={question} />)}
    </Shown>
  );
}

function Question({ question }: { question: AccountQuestion }) {
  const { name, reason, candidates, waiting, askedAt } = question;
  return (
    <Card
      flush
      title={`Which Account is ${name}?`}
      note={
        <>
          {REASONS[reason]} {count(waiting, "record waits", "records wait")}, asked <Ago at={askedAt} />.
        </>
      }
    >
      <ul className="choices">
        {candidates.map((candidate) => <Choice key={candidate.id} {...{ question, candidate }} />)}
        <li>
          <div>
            <h3>None of these</h3>
            <p className="light">A new Account is made for this company.</p>
          </div>
          <AnswerButtons question={question} candidate={null} />
        </li>
      </ul>
    </Card>
  );
}

function Choice({ question, candidate }: { question: AccountQuestion; candidate: AccountCandidate }) {
  const { id, name, agrees, differs } = candidate;
  return (
    <li>
      <div>
        <h3>
          {name} <code className="quiet">{id}</code>
        </h3>
        <p className="light">
          {[words(agrees, FOR).join(", "), words(differs, AGAINST).join(", ")].filter(Boolean).join("; but ")}
        </p>
      </div>
      <AnswerButtons question={question} candidate={candidate} />
    </li>
  );
}
