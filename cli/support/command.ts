import { parseArgs, type ParseArgsConfig } from "node:util";
import { nearestOption } from "./nearest_option.ts";

/** A mistake that the person at the terminal can correct; only its message is shown. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  constructor(message: string, readonly exitCode = 1) {
    super(message);
  }
}

/** What a command is given besides its arguments, so that a test can hand in its own. */
export interface Terminal {
  env: (name: string) => string | undefined;
  print: (text: string) => void;
  fetch: typeof fetch;
}

/** The terminal of a program that was really started. */
export const terminal: Terminal = {
  env: (name) => Deno.env.get(name),
  print: (text) => console.log(text),
  fetch: (...call) => fetch(...call),
};

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * Reads `--name value`, `--name=value`, `--flag` and positional words.
 * @param mostWords how many positional words are allowed
 * @throws CommandError with what to write instead, the usage and exit code 2
 */
export function readArguments<O extends Options>(args: string[], options: O, usage: string, mostWords = 0) {
  const parsed = parse(args, options, usage);
  const tooMany = parsed.positionals[mostWords];
  if (tooMany === undefined) return parsed;
  const meant = nearestOption(tooMany, Object.keys(options));
  const write = meant === null ? "Leave it out" : `Write --${meant}`;
  throw new CommandError(`"${tooMany}" has no meaning here.\n→ ${write}\n\n${usage}`, 2);
}

function parse<O extends Options>(args: string[], options: O, usage: string) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    // parseArgs explains "--" and suggests code; the first sentence is what went wrong.
    const [problem = "wrong arguments"] = (error instanceof Error ? error.message : "").split(". ");
    const unknown = /^Unknown option '--?([^']+)'/.exec(problem)?.[1];
    const meant = unknown === undefined ? null : nearestOption(unknown, Object.keys(options));
    throw new CommandError(`${problem}${meant === null ? "" : `\n→ Write --${meant}`}\n\n${usage}`, 2);
  }
}

/** Runs a command and ends the program: 0 to 2 as the command says, a sentence instead of a stack trace. */
export async function runCommand(
  usage: string,
  command: (args: string[], terminal: Terminal) => Promise<number>,
): Promise<never> {
  if (Deno.args.some((argument) => argument === "--help" || argument === "-h")) {
    console.log(usage);
    Deno.exit(0);
  }
  try {
    Deno.exit(await command(Deno.args, terminal));
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    console.error(error.message);
    Deno.exit(error.exitCode);
  }
}
