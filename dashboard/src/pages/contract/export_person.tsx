import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { saveAs } from "../../ui/save_as.ts";
import { useAction } from "../../ui/use_action.ts";

/** Everything that the sync holds of a customer, as a file to hand out. */
export function ExportPerson({ customerId }: { customerId: string }) {
  const { busy, run } = useAction();
  const save = () =>
    run(async () => {
      const { held } = await act<{ held: unknown }>("/people/export", { customerId });
      saveAs(`customer-${customerId}.json`, "application/json", JSON.stringify(held, null, 2));
      return "What the sync holds of this customer is saved as a file.";
    });
  return (
    <Button acts small icon="download" busy={busy} onClick={() => void save()}>Export this person</Button>
  );
}
