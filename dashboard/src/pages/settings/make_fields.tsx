import { useState } from "react";
import { act } from "../../api/call.ts";
import { fieldsSentence } from "../../say/fields.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";
import type { FieldPlan } from "./field_plan.ts";

/** Makes the fields that the org lacks, after a look at their names. */
export function MakeFields({ plan, onMade }: { plan: FieldPlan; onMade: (plan: FieldPlan) => void }) {
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  const label = `Make ${count(plan.toApply, "missing field")}`;
  async function make(): Promise<void> {
    await run(async () => {
      const made = await act<FieldPlan>("/fields", { apply: true });
      onMade(made);
      const { text, isWhole } = fieldsSentence(made.applied);
      return isWhole ? text : { bad: text };
    }, () => setAsking(false));
  }
  return (
    <>
      <Button acts small kind="primary" onClick={() => setAsking(true)}>{label}</Button>
      {isAsking && (
        <Confirm
          title={`${label}?`}
          label="Make them"
          busy={busy}
          onClose={() => setAsking(false)}
          onConfirm={() => void make()}
        >
          <p>These are created in Zoho, or get the picklist values that they lack:</p>
          <ul className="stack-tight">
            {plan.plan.filter(({ willApply }) => willApply).map(({ module, field }) => (
              <li key={`${module} ${field}`}>
                {`${module} `}
                <code>{field}</code>
              </li>
            ))}
          </ul>
          <p className="light">Only Zoho itself can remove them again.</p>
        </Confirm>
      )}
    </>
  );
}
