import { useState } from "react";
import { readText } from "../api/call.ts";
import { sentenceOf } from "../api/error.ts";
import { announce } from "./announce.tsx";
import { Button } from "./button.tsx";
import { saveAs } from "./save_as.ts";

/** What the function sends at most (admin/list_csv.ts). */
const mostRows = 100_000;

/** Saves a list as a file; `path` is "/attempts.csv", with its filters. */
export function CsvButton({ path }: { path: () => string }) {
  const [busy, setBusy] = useState(false);
  async function download(): Promise<void> {
    setBusy(true);
    try {
      const asked = path();
      const text = await readText(asked);
      saveAs(asked.replace(/^\/|\?.*$/g, ""), "text/csv", text);
      if (text.split("\r\n").length <= mostRows) return announce("The list is saved as CSV.");
      announce("The first 100,000 rows are saved as CSV. Choose a shorter time for the rest.", "bad");
    } catch (error) {
      announce(`The list could not be saved: ${sentenceOf(error)}`, "bad");
    } finally {
      setBusy(false);
    }
  }
  return <Button small icon="download" busy={busy} onClick={() => void download()}>CSV</Button>;
}
