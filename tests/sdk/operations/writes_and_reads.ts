import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { line, samples, sdkRecord } from "../records.ts";
import {
  body,
  headers,
  idsIn,
  type Made,
  parameters,
  type SdkAnswer,
  type SdkOperation,
} from "./operation.ts";

const uniqueField: Record<string, string> = {
  Accounts: "Account_Name",
  Contacts: "Email",
  Products: "Product_Name",
  Deals: "Contract_Number",
  Quotes: "Quote_Reference",
  Invoices: "Invoice_Reference",
};
const textField: Record<string, string> = {
  Accounts: "Account_Name",
  Contacts: "Last_Name",
  Products: "Product_Name",
  Deals: "Deal_Name",
  Quotes: "Subject",
  Invoices: "Subject",
};

export function writesAndReads(module: string, made: Made): SdkOperation[] {
  const records = () => new sdk.Record.RecordOperations(module);
  const values = (mark: string) => samples[module]?.(mark, made.ids) ?? {};
  const held = (index: number) => made.of[module]?.[index] ?? 0n;
  const unique = uniqueField[module] ?? "";
  const text = textField[module] ?? "";
  const remember = (answer: SdkAnswer) => {
    made.of[module] = [...new Set([...(made.of[module] ?? []), ...idsIn(answer)])];
    const [first = 0n] = made.of[module];
    if (module === "Accounts") made.ids.account = first;
    if (module === "Contacts") made.ids.contact = first;
    if (module === "Products") made.ids.product = first;
    if (module === "Deals") made.ids.deal = first;
    return answer;
  };
  const read = { status: 200, becomes: "ResponseWrapper" };
  const wrote = { status: 200, becomes: "ActionWrapper" };
  const listed = sdk.Record.GetRecordsParam;
  const searched = sdk.Record.SearchRecordsParam;
  const list = async (more: [object, unknown][]) =>
    await records().getRecords(
      await parameters([[listed.FIELDS, `id,${text},Modified_Time,Owner`], ...more]),
      headers(),
    );
  const search = async (entry: [object, unknown]) =>
    await records().searchRecords(await parameters([entry]), headers());
  const query = async (text: string) => {
    const request = new sdk.Coql.BodyWrapper();
    request.setSelectQuery(text);
    return await new sdk.Coql.CoqlOperations().getRecords(request);
  };
  return [
    {
      name: `create one of ${module}`,
      method: "RecordOperations.createRecords",
      status: 201,
      becomes: "ActionWrapper",
      run: async () => remember(await records().createRecords(body([sdkRecord(values("one"))]), headers())),
    },
    {
      name: `create two of ${module}, without workflows`,
      method: "RecordOperations.createRecords",
      status: 201,
      becomes: "ActionWrapper",
      run: async () =>
        remember(
          await records().createRecords(
            body([sdkRecord(values("two")), sdkRecord(values("three"))], { trigger: [] }),
            headers(),
          ),
        ),
    },
    {
      name: `read one of ${module}`,
      method: "RecordOperations.getRecord",
      ...read,
      run: async () => await records().getRecord(held(0), await parameters([]), headers()),
    },
    {
      name: `read one of ${module}, unchanged since`,
      method: "RecordOperations.getRecord",
      status: 304,
      becomes: null,
      run: async () => {
        const map = headers();
        const later = new Date(Date.now() + 60_000);
        await map.add(sdk.Record.GetRecordHeader.IF_MODIFIED_SINCE, later);
        return await records().getRecord(held(0), await parameters([]), map);
      },
    },
    { name: `list ${module}`, method: "RecordOperations.getRecords", ...read, run: () => list([]) },
    {
      name: `list ${module} by page`,
      method: "RecordOperations.getRecords",
      ...read,
      run: () => list([[listed.PAGE, 1], [listed.PER_PAGE, 2]]),
    },
    {
      name: `list ${module} by id`,
      method: "RecordOperations.getRecords",
      ...read,
      run: () => list([[listed.IDS, `${held(0)},${held(1)}`]]),
    },
    {
      name: `update one of ${module}`,
      method: "RecordOperations.updateRecord",
      ...wrote,
      run: async () =>
        await records().updateRecord(
          held(0),
          body([sdkRecord({ Description: "written by the SDK" })]),
          headers(),
        ),
    },
    {
      name: `update two of ${module}`,
      method: "RecordOperations.updateRecords",
      ...wrote,
      run: async () =>
        await records().updateRecords(
          body([0, 1].map((index) => sdkRecord({ Description: "written by the SDK again" }, held(index)))),
          headers(),
        ),
    },
    {
      name: `upsert one of ${module}, an update`,
      method: "RecordOperations.upsertRecords",
      ...wrote,
      run: async () =>
        remember(
          await records().upsertRecords(
            body([sdkRecord(values("two"))], { checkFields: [unique] }),
            headers(),
          ),
        ),
    },
    {
      name: `upsert one of ${module}, an insert`,
      method: "RecordOperations.upsertRecords",
      status: 200,
      becomes: "ActionWrapper",
      run: async () =>
        remember(
          await records().upsertRecords(
            body([sdkRecord(values("four"))], { checkFields: [unique] }),
            headers(),
          ),
        ),
    },
    {
      name: `search ${module} by criteria`,
      method: "RecordOperations.searchRecords",
      ...read,
      run: () =>
        search([
          searched.CRITERIA,
          `(${text}:starts_with:${module === "Accounts" ? "O'Brien" : ""}${
            {
              Contacts: "Naidoo",
              Products: "Fibre",
              Deals: "Contract",
              Quotes: "Quote",
              Invoices: "Invoice",
            }[module] ?? ""
          })`,
        ]),
    },
    {
      name: `search ${module} in vain`,
      method: "RecordOperations.searchRecords",
      status: 204,
      becomes: null,
      run: () => search([searched.CRITERIA, `(${text}:equals:Nothing is called this)`]),
    },
    {
      name: `COQL from ${module}`,
      method: "CoqlOperations.getRecords",
      ...read,
      run: () =>
        query(
          `select id, ${text}, Modified_Time from ${module} where id is not null order by id asc limit 2`,
        ),
    },
    {
      name: `COQL from ${module} in vain`,
      method: "CoqlOperations.getRecords",
      status: 204,
      becomes: null,
      run: () => query(`select id from ${module} where ${text} = 'O''Nobody' limit 2`),
    },
  ];
}

export function lines(made: Made): SdkOperation[] {
  const quotes = () => new sdk.Record.RecordOperations("Quotes");
  const quote = () => made.of.Quotes?.[0] ?? 0n;
  return [
    {
      name: "append a line to a quote",
      method: "RecordOperations.updateRecord",
      status: 200,
      becomes: "ActionWrapper",
      run: () =>
        quotes().updateRecord(
          quote(),
          body([sdkRecord({ Quoted_Items: [line(made.ids.product, 5, 20)] })]),
          headers(),
        ),
    },
    {
      name: "read a quote with its lines",
      method: "RecordOperations.getRecord",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () => await quotes().getRecord(quote(), await parameters([]), headers()),
    },
  ];
}
