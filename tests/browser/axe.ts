import axe from "axe-core";
import type { Page } from "playwright-core";

interface Violation {
  id: string;
  impact: string | null;
  nodes: { html: string; failureSummary: string }[];
}

/** What axe-core finds serious or critical, in words: by all of its rules, or by the named ones. */
export async function seriousIn(page: Page, rules?: string[]): Promise<string[]> {
  // Through the debugger's door, which the page's policy does not guard.
  await page.evaluate(axe.source);
  const violations: Violation[] = await page.evaluate(
    `axe.run(document, ${
      JSON.stringify(rules === undefined ? {} : { runOnly: rules })
    }).then(({ violations }) => violations)`,
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(
      ({ id, nodes }) =>
        `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
    );
}
