import { useEffect, useId, useRef, useState } from "react";
import type { ProblemGroup, RetryAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { Ago } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";
import { retriedText } from "../../say/retried.ts";
import { ErrorPage } from "./error_page.tsx";
import { ProblemItems } from "./problem_items.tsx";

/** One cause: how many, since when, what to do; and the changes themselves when it is opened. */
export function ProblemCard(
  { problem, isOnly, isNamed }: {
    problem: ProblemGroup;
    isOnly: boolean;
    /** The address names it: a link may do so while the page is shown. */
    isNamed: boolean;
  },
) {
  const { code, field, dead, retrying, oldestAt, advice, examples } = problem;
  const card = useRef<HTMLElement>(null);
  const [isOpen, setOpen] = useState(isOnly);
  const [isReading, setReading] = useState(false);
  const { busy, run } = useAction();
  const ids = { title: useId(), items: useId() };

  useEffect(() => {
    if (!isNamed) return;
    setOpen(true);
    card.current?.scrollIntoView({ block: "nearest" });
  }, [isNamed]);

  const retryAll = () =>
    run(async () => {
      return retriedText(await act<RetryAnswer>("/retry", { code, field }));
    });

  return (
    <section ref={card} className="card" aria-labelledby={ids.title}>
      <div className="card-head">
        <div className="row">
          <h2 id={ids.title}>
            <code>{code}</code>
            {field && <span className="light">{` in ${field}`}</span>}
          </h2>
          {dead > 0 && <Badge tone="bad">{count(dead, "dead letter")}</Badge>}
          {retrying > 0 && <Badge tone="warn">{`${retrying} retrying`}</Badge>}
          <span className="quiet">
            since <Ago at={oldestAt} />
          </span>
        </div>
        <div className="row">
          <Button small aria-expanded={isOpen} aria-controls={ids.items} onClick={() => setOpen(!isOpen)}>
            {isOpen ? "Hide changes" : "Show changes"}
          </Button>
          <Button acts small kind="primary" icon="retry" busy={busy} onClick={() => void retryAll()}>
            Retry all of this cause
          </Button>
        </div>
      </div>
      <div className="card-body stack">
        <p>
          <strong className="advice">What to do:</strong> {advice}{" "}
          <button type="button" className="link-button" onClick={() => setReading(true)}>
            How to fix it
          </button>
        </p>
        {!isOpen && examples.length > 0 && (
          <p className="row quiet">
            For example
            {examples.map(({ entityType, entityId, number }) => (
              <EntityLink key={entityId} type={entityType} id={entityId} number={number} />
            ))}
          </p>
        )}
      </div>
      <div id={ids.items}>{isOpen && <ProblemItems problem={problem} />}</div>
      {isReading && <ErrorPage code={code} onClose={() => setReading(false)} />}
    </section>
  );
}
