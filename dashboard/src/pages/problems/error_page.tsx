import { Overlay } from "../../ui/overlay.tsx";
import { DocsText } from "../docs/docs.tsx";
import { pageOfError } from "../docs/pages.ts";

/** What an error means, what it costs and how to put it right. */
export function ErrorPage({ code, onClose }: { code: string; onClose: () => void }) {
  return (
    <Overlay kind="sheet" title={code} onClose={onClose}>
      <DocsText name={pageOfError(code)} />
    </Overlay>
  );
}
