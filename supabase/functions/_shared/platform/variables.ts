import { z } from "zod";
import { alertVariables } from "./alert_settings.ts";
import { engineVariables } from "./engine_settings.ts";
import type { Environment } from "./environment.ts";
import { metricsVariables } from "./metrics_tokens.ts";
import { webhookVariables } from "./webhook_settings.ts";

/** A variable by name, without its value. */
export interface Variable {
  name: string;
  isSet: boolean;
  isRequired: boolean;
}

/** Every variable that the functions read. */
export function variablesOf(env: Environment): Variable[] {
  return [engineVariables, webhookVariables, alertVariables, metricsVariables].flatMap(({ shape }) =>
    Object.entries(shape).map(([name, field]) => ({
      name,
      isSet: (env[name] ?? "").trim() !== "",
      isRequired: !z.safeParse(field, undefined).success,
    }))
  );
}
