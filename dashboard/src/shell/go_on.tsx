import { useState } from "react";
import type { RevisionsAdopted } from "../api/answers.ts";
import { act } from "../api/call.ts";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { useAction } from "../ui/use_action.ts";

/** The code of the pause that a resume would not end for long. */
export const unknownWrites = "UNKNOWN_WRITES";

/** Asks before the sync goes on beside writes that its database does not remember. */
export function GoOn(
  { message, onClose }: { message: string; onClose: () => void },
) {
  const { busy, run } = useAction();
  async function goOn(): Promise<void> {
    await run(async () => {
      const { otherEpochs } = await act<RevisionsAdopted>(
        "/revisions/adopt",
        {},
      );
      return `The sync goes on. Records with unknown writes become questions${
        otherEpochs.length > 0 ? `; the other writer's epochs are ${otherEpochs.join(", ")}` : ""
      }.`;
    }, onClose);
  }
  return (
    <Confirm
      title="Go on with this database?"
      onClose={onClose}
      label="Go on"
      icon="play"
      busy={busy}
      onConfirm={() => void goOn()}
    >
      <p className="note warn">{message}</p>
      <p className="light">
        Go on after a restore, once no other deployment writes to this Zoho org. What the records say is
        neither taken in nor overwritten: each one that disagrees becomes a question under Problems, to be
        answered one by one or all at once.
      </p>
    </Confirm>
  );
}

export function GoOnButton({ message }: { message: string }) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button acts kind="primary" icon="play" onClick={() => setAsking(true)}>
        Go on
      </Button>
      {isAsking && <GoOn message={message} onClose={() => setAsking(false)} />}
    </>
  );
}
