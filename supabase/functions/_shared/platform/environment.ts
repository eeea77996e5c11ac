import { z } from "zod";
import { variableHints } from "./variable_hints.ts";

/** As `Deno.env.toObject()` gives it. */
export type Environment = Record<string, string | undefined>;

/** A variable that is missing, empty or wrong. Names the variable and what to do; never holds its value. */
export class ConfigurationError extends Error {
  override readonly name = "ConfigurationError";
  readonly code = "BAD_CONFIGURATION";
  constructor(readonly variable: string, readonly problem: string, readonly hint: string) {
    super(`${variable} ${problem}. ${hint}`);
  }
}

/**
 * The variables that a schema names, checked; an optional one that is empty counts as left out.
 *
 * @throws ConfigurationError naming the first variable that is missing or wrong
 */
export function checkVariables<Shape extends z.ZodRawShape>(schema: z.ZodObject<Shape>, env: Environment) {
  const parsed = schema.safeParse(withoutEmptyOptionals(schema, env));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const variable = String(issue?.path[0] ?? "The environment");
  throw new ConfigurationError(variable, issue?.message ?? "is wrong", hintFor(variable));
}

function withoutEmptyOptionals(schema: z.ZodObject, env: Environment): Environment {
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => {
      const value = env[name];
      const isOptional = z.safeParse(field, undefined).success;
      return [name, value?.trim() === "" && isOptional ? undefined : value];
    }),
  );
}

/** What to do about a variable. */
export function hintFor(variable: string): string {
  return variableHints[variable] ?? "See docs/settings.md.";
}
