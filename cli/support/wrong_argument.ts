import { CommandError } from "./command.ts";
import { distance } from "./nearest_option.ts";

/** An argument that is wrong, and what to write instead; refused before anything is done. */
export function wrongArgument(problem: string, write: string, usage: string): CommandError {
  return new CommandError(`${problem}\n→ ${write}\n\n${usage}`, 2);
}

/** The value of an option that takes one of a few words. @throws CommandError with exit code 2 */
export function oneOfWords<T extends string>(
  option: string,
  value: string,
  words: readonly T[],
  usage: string,
): T {
  const found = words.find((word) => word === value.toLowerCase());
  if (found !== undefined) return found;
  const [nearest = ""] = words.toSorted((a, b) => distance(a, value) - distance(b, value));
  throw wrongArgument(
    `${option} ${value} is not known; there is ${words.join(", ")}.`,
    `Write ${option} ${nearest}`,
    usage,
  );
}
