import { useState } from "react";
import type { Answered, ContractAnswer, PersonErasedAnswer, PersonExportAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { linkTo } from "../../route/route.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { useReadOnlyReason } from "../../ui/may_act.ts";
import { saveAs } from "../../ui/save_as.ts";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";
import { count } from "../../ui/words.ts";

/** What a person may ask for under POPIA: what the sync holds of them, and that it holds it no longer. */
export function PersonCard({ contract: { entityId, erasedAt } }: { contract: ContractAnswer }) {
  const readOnly = useReadOnlyReason();
  return (
    <Card
      title="Personal data"
      note={erasedAt === null
        ? "What the tables of the sync hold of this person; CircleTel's own row is not in it"
        : (
          <>
            Erased <Time at={erasedAt} />: nothing of this person is sent to Zoho or searched
          </>
        )}
    >
      {readOnly === undefined
        ? (
          <div className="row" role="group" aria-label="Personal data">
            <ExportButton customerId={entityId} />
            {erasedAt === null && <EraseButton customerId={entityId} />}
          </div>
        )
        : <p className="quiet">{`${readOnly}.`}</p>}
    </Card>
  );
}

function ExportButton({ customerId }: { customerId: string }) {
  const { busy, run } = useAction();
  async function save(): Promise<void> {
    await run(async () => {
      const { held } = await act<Answered<PersonExportAnswer>>("/people/export", { customerId });
      saveAs(`customer-${customerId}.json`, "application/json", JSON.stringify(held, null, 2));
      return "What the sync holds of this person is saved.";
    });
  }
  return <Button small icon="download" busy={busy} onClick={() => void save()}>Export</Button>;
}

function EraseButton({ customerId }: { customerId: string }) {
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  async function erase(): Promise<void> {
    await run(async () => {
      const { erased } = await act<Answered<PersonErasedAnswer>>("/people/erase", { customerId });
      const rows = Object.values(erased).reduce((sum, n) => sum + n, 0);
      return `The person is erased; ${count(rows, "row")} named them.`;
    }, () => setAsking(false));
  }
  return (
    <>
      <Button small onClick={() => setAsking(true)}>Erase</Button>
      {isAsking && (
        <Confirm
          title="Erase this person?"
          label="Erase"
          busy={busy}
          onConfirm={() => void erase()}
          onClose={() => setAsking(false)}
        >
          <p className="note warn">{`${shortName("customer", customerId)}. This cannot be undone.`}</p>
          <p>
            Name and e-mail leave every table of the sync, its history and the search. Nothing of this person
            is sent to Zoho again.
          </p>
          <p className="light">
            Two places are yours: their records in Zoho become a{" "}
            <a href={linkTo("problems")}>question</a>, and CircleTel's own row stays until CircleTel deletes
            it.
          </p>
        </Confirm>
      )}
    </>
  );
}
