import { useState } from "react";
import type { ActAnswer, ContractAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { untilOf, UntilSelect } from "../../ui/until_select.tsx";
import { useAction } from "../../ui/use_action.ts";

/** Keeps one record from being decided, for a reason that colleagues read. */
export function HoldButton({ contract: { entityType, entityId: id } }: { contract: ContractAnswer }) {
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const [until, setUntil] = useState("");
  const { busy, run } = useAction();
  async function hold(): Promise<void> {
    await run(async () => {
      const end = untilOf(until);
      const { undo } = await act<ActAnswer>("/hold", {
        entityType,
        id,
        ...(reason.trim() && { reason: reason.trim() }),
        ...(end !== undefined && { until: end }),
      });
      return { good: "The record is held: nothing is sent or taken in.", undo };
    }, () => setAsking(false));
  }
  return (
    <>
      <Button acts small icon="pause" onClick={() => setAsking(true)}>Hold</Button>
      {isAsking && (
        <Confirm
          title="Hold this record?"
          onClose={() => setAsking(false)}
          label="Hold it"
          icon="pause"
          busy={busy}
          onConfirm={() => void hold()}
        >
          <p className="light">
            Nothing is sent to Zoho or taken in from it. Its changes wait in the queue; every other record
            goes on.
          </p>
          <div className="field">
            <label htmlFor="hold-reason">Why (colleagues will read it)</label>
            <input
              id="hold-reason"
              className="input"
              maxLength={200}
              autoComplete="off"
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
          <div className="field">
            <label htmlFor="hold-until">How long</label>
            <UntilSelect id="hold-until" value={until} onChange={setUntil} />
          </div>
        </Confirm>
      )}
    </>
  );
}
