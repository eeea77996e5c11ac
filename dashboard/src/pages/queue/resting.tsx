import type { StatusAnswer } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";
import { restingSentence } from "../../say/resting.ts";
import { Card } from "../../ui/card.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { Parts } from "../../ui/parts.tsx";

/** Modules of Zoho that fail by themselves: what needs them waits, and everything else is sent. */
export function RestingModules({ resting }: { resting: StatusAnswer["resting"] }) {
  if (resting.length === 0) return null;
  return (
    <Card title="Modules that are on hold" note="What needs them waits; everything else is sent">
      <ul className="stack">
        {resting.map((each) => (
          <li key={each.module}>
            <p>
              <Parts parts={restingSentence(each)} />{" "}
              <a href={linkTo("docs", `errors/${each.code}`)}>What to do</a>
            </p>
            <p className="light">
              <MessageText text={each.message} />
            </p>
          </li>
        ))}
      </ul>
    </Card>
  );
}
