import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { useAction } from "../../ui/use_action.ts";

/** Starts a comparison; one that is under way is not started again. */
export function Compare({ isRunning = false }: { isRunning?: boolean }) {
  const { busy, run } = useAction();
  const start = () =>
    run(async () => {
      const { started } = await act<{ started: boolean }>("/reconcile", { kind: "full" });
      return started ? "Comparing both sides." : "A comparison is under way already.";
    });
  return (
    <Button acts kind="primary" icon="reconcile" busy={busy || isRunning} onClick={() => void start()}>
      {isRunning ? "Comparing …" : "Compare now"}
    </Button>
  );
}
