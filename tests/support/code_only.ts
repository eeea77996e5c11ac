const comment = String.raw`\/\*[^]*?\*\/|\/\/[^\n]*`;
const quoted = String.raw`"(?:[^"\\\n]|\\[^])*"|'(?:[^'\\\n]|\\[^])*'`;
/** A slash begins a regular expression where a value is expected; elsewhere it divides or closes a tag. */
const pattern = String
  .raw`(?<=(?:[(,=:[!&|?;+]|=>|\breturn)\s*)\/(?:[^\/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/`;

const token = new RegExp(`(${comment}|${quoted}|${pattern})|[\`{}]|[^]`, "y");
const templateText = /(?:[^`\\$]|\\[^]|\$(?!\{))*(`|\$\{|$)/y;

/**
 * A file's code with its comments and the insides of its strings, templates and regular expressions blanked, line by
 * line as it was; undefined if a template does not end, which means that this reading is wrong.
 */
export function codeOnly(text: string): string | undefined {
  let code = "";
  /** Of each template that is open, how many braces are open in its expression. */
  const templates: number[] = [];

  const take = (expression: RegExp) => {
    expression.lastIndex = code.length;
    return expression.exec(text) ?? [""];
  };
  const readTemplate = () => {
    const [all = "", end = ""] = take(templateText);
    code += blank(all.slice(0, all.length - end.length)) + end;
    if (end === "${") templates.push(0);
  };

  while (code.length < text.length) {
    const [all = "", quiet] = take(token);
    code += quiet === undefined ? all : blank(quiet);
    const braces = templates.at(-1);
    if (all === "`") readTemplate();
    else if (all === "}" && braces === 0) {
      templates.pop();
      readTemplate();
    } else if (braces !== undefined && "{}".includes(all)) {
      templates[templates.length - 1] = braces + (all === "{" ? 1 : -1);
    }
  }
  return templates.length === 0 ? code : undefined;
}

function blank(text: string): string {
  return text.replaceAll(/[^\n]/g, " ");
}
