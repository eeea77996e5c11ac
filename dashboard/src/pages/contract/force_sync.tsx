import type { Answered, ContractAnswer, ForceSyncAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { ApiError } from "../../api/error.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { useAction } from "../../ui/use_action.ts";

/** Sends every field again, whatever the snapshot says, and waits for the result. */
export function ForceSync({ contract: { entityType, entityId, number } }: { contract: ContractAnswer }) {
  const { busy, run } = useAction();
  const name = number ?? shortName(entityType, entityId);
  const force = () =>
    run(async () => {
      const { result } = await act<Answered<ForceSyncAnswer>>("/force-sync", {
        entityType,
        id: entityId,
      });
      if (result.success) return `${name} is in Zoho, every field was sent.`;
      throw new ApiError(200, {
        code: "REFUSED",
        message: `${name} was not taken: ${result.error ?? "no reason given"}`,
      });
    });
  return (
    <Button acts kind="primary" icon="retry" busy={busy} onClick={() => void force()}>
      Force sync
    </Button>
  );
}
