/** The only or first item of a list that must not be empty. */
export function first<T>([item]: T[]): T {
  if (item === undefined) throw new Error("the list is empty");
  return item;
}
