import type { Account } from "./dashboard_admin.ts";
import type { Stack } from "./stack.ts";

export interface OpenDashboard {
  url: string;
  admin: Account;
}

type Row = [label: string, value: string];

/** What a newcomer needs to know, on one screen. */
export function banner(stack: Stack, bootMs: number, dashboard?: OpenDashboard): string {
  const rows: Row[] = [
    ...(dashboard ? rowsOf(dashboard) : []),
    ["API", stack.apiUrl],
    ["Database", stack.dbUrl],
    ["Zoho (simulator)", stack.zohoUrl],
    ["Publishable key", stack.publishableKey],
    ["Secret key", stack.secretKey],
    ...stack.functions.names.map((name, index): Row => [
      index === 0 ? "Functions" : "",
      `${stack.apiUrl}/functions/v1/${name}`,
    ]),
  ];
  const labelWidth = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => `${label.padEnd(labelWidth)}  ${value}`);
  const title = `CircleTel ⇄ Zoho CRM, local stack, up in ${(bootMs / 1000).toFixed(1)} s`;
  const width = Math.max(title.length, ...lines.map((line) => line.length));
  const framed = (text: string) => `│ ${text.padEnd(width)} │`;
  const rule = (left: string, right: string) => left + "─".repeat(width + 2) + right;
  return [rule("╭", "╮"), framed(title), rule("├", "┤"), ...lines.map(framed), rule("╰", "╯")].join("\n");
}

function rowsOf({ url, admin }: OpenDashboard): Row[] {
  return [["Dashboard", url], ["  sign in as", `${admin.email}, password ${admin.password}`]];
}
