import { useState } from "react";
import { readText } from "../api/call.ts";
import { announce } from "./announce.tsx";
import { Button } from "./button.tsx";
import { saveAs } from "./save_as.ts";

/** Saves a list as a file; `path` is "/attempts.csv", with its filters. */
export function CsvButton({ path }: { path: () => string }) {
  const [busy, setBusy] = useState(false);
  async function download(): Promise<void> {
    setBusy(true);
    try {
      const asked = path();
      saveAs(asked.replace(/^\/|\?.*$/g, ""), "text/csv", await readText(asked));
      announce("The list is saved as CSV.");
    } catch {
      announce("The list could not be saved.", "bad");
    } finally {
      setBusy(false);
    }
  }
  return <Button small icon="download" busy={busy} onClick={() => void download()}>CSV</Button>;
}
