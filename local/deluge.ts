import type { Stack } from "./stack.ts";

/** The simulator acts as the Deluge function of docs/zoho-setup.md: every change of a Deal is signed and posted. */
export function connectWorkflow({ apiUrl, zoho }: Stack, secret: string): Promise<unknown> {
  const url = `${apiUrl}/functions/v1/zoho-webhook`;
  return zoho.changeSettings({ workflow: { url, secret, modules: ["Deals"], sign: "timestamp" } });
}
