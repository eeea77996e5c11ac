import { z } from "zod";
import { accountSwitches } from "./switches/accounts.ts";
import { automationSwitches } from "./switches/automation.ts";
import { companySwitches } from "./switches/company.ts";
import { limitSwitches } from "./switches/limits.ts";
import { readSwitches } from "./switches/reading.ts";
import { writeSwitches } from "./switches/writing.ts";

/**
 * Every switch of the simulator; README.md has the table with sources. Where no source answers, or two disagree, both
 * answers are positions of a switch and the default is the one that is harder on a client.
 */
export const settingsSchema = z.strictObject({
  ...limitSwitches,
  ...writeSwitches,
  ...readSwitches,
  ...companySwitches,
  ...automationSwitches,
  ...accountSwitches,
});

export type OrgSettings = z.output<typeof settingsSchema>;
export type SettingsPatch = Partial<z.input<typeof settingsSchema>>;

/** The defaults with the given values on top; the message of a refusal names the switch. */
export function readSettings(input: unknown, before?: OrgSettings): OrgSettings {
  const given = typeof input === "object" && input !== null ? input : {};
  const parsed = settingsSchema.safeParse({ ...before, ...given });
  if (parsed.success) return parsed.data;
  throw new RangeError(
    parsed.error.issues.map((issue) => `${issue.path.join(".") || "settings"}: ${issue.message}`).join("; "),
  );
}
