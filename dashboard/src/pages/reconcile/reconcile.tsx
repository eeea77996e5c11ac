import { Page } from "../../ui/page.tsx";
import { Empty } from "../../ui/states.tsx";

export function ReconcilePage() {
  return (
    <Page title="Reconcile" lead="Both sides compared, and what differs">
      <Empty icon="reconcile" title="No comparison has been made" />
    </Page>
  );
}
