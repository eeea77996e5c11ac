import { useState } from "react";
import type { ContractAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { useReadOnlyReason } from "../../ui/may_act.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { type ActAnswered, type RecordAct, recordActs } from "./act_table.ts";
import { HoldButton } from "./hold_button.tsx";

/** What can be done to one record, each with its confirmation and, where there is one, the way back. */
export function Acts({ contract }: { contract: ContractAnswer }) {
  const readOnly = useReadOnlyReason();
  const offered = recordActs.filter(({ isOffered }) => isOffered(contract));
  if (readOnly) return <p className="quiet">{`${readOnly}.`}</p>;
  return (
    <div className="row" role="group" aria-label="What can be done">
      {offered.map((each) => <ActButton key={each.name} act={each} contract={contract} />)}
      {contract.hold === null && !contract.isGone && <HoldButton contract={contract} />}
    </div>
  );
}

function ActButton({ act: { route, body, label, consequence, done, undone }, contract }: {
  act: RecordAct;
  contract: ContractAnswer;
}) {
  // What is asked stays as it was when the dialog opened: the record is read again under it.
  const [asked, setAsked] = useState<ContractAnswer | null>(null);
  const { busy, run } = useAction();
  const { entityType, entityId, number } = contract;

  async function carryOut(about: ContractAnswer): Promise<void> {
    await run(async () => {
      const answer = await act<ActAnswered>(route, body(about));
      const bad = undone?.(answer) ?? null;
      return bad === null ? { good: done, undo: answer.undo ?? null } : { bad };
    }, () => setAsked(null));
  }

  return (
    <>
      <Button
        acts
        small
        busy={busy && asked === null}
        onClick={() => (consequence(contract) === null ? void carryOut(contract) : setAsked(contract))}
      >
        {label}
      </Button>
      {asked && (
        <Confirm
          title={`${label}?`}
          onClose={() => setAsked(null)}
          label={label}
          busy={busy}
          onConfirm={() => void carryOut(asked)}
        >
          <p className="note warn">{number ?? shortName(entityType, entityId)}</p>
          <p>{consequence(asked)}</p>
        </Confirm>
      )}
    </>
  );
}
