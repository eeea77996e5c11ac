import { useState } from "react";
import type { ActAnswer, ContractAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { useReadOnlyReason } from "../../ui/may_act.ts";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { type RecordAct, recordActs } from "./act_table.ts";
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

function ActButton({ act: { route, body, label, consequence, done }, contract }: {
  act: RecordAct;
  contract: ContractAnswer;
}) {
  const [isAsking, setAsking] = useState(false);
  const { busy, run } = useAction();
  const { entityType, entityId, number } = contract;
  const sentence = consequence(contract);

  async function carryOut(): Promise<void> {
    await run(async () => {
      const { undo } = await act<Partial<ActAnswer>>(route, body(contract));
      return { good: done, undo: undo ?? null };
    }, () => setAsking(false));
  }

  return (
    <>
      <Button
        acts
        small
        busy={busy && !isAsking}
        onClick={() => (sentence === null ? void carryOut() : setAsking(true))}
      >
        {label}
      </Button>
      {isAsking && (
        <Confirm
          title={`${label}?`}
          onClose={() => setAsking(false)}
          label={label}
          busy={busy}
          onConfirm={() => void carryOut()}
        >
          <p className="note warn">{number ?? shortName(entityType, entityId)}</p>
          <p>{sentence}</p>
        </Confirm>
      )}
    </>
  );
}
