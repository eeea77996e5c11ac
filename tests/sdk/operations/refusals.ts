import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { samples, sdkRecord } from "../records.ts";
import {
  body,
  headers,
  idsIn,
  type Made,
  parameters,
  type SdkAnswer,
  type SdkOperation,
} from "./operation.ts";

export function refusals(made: Made): SdkOperation[] {
  const deals = () => new sdk.Record.RecordOperations("Deals");
  const values = (mark: string) => samples.Deals?.(mark, made.ids) ?? {};
  const refused = { status: 400, becomes: "ActionWrapper" };
  const gone = 999999999999999999n;
  return [
    {
      name: "create a Deal whose unique value is taken",
      method: "RecordOperations.createRecords",
      ...refused,
      run: () => deals().createRecords(body([sdkRecord(values("one"))]), headers()),
    },
    {
      name: "create a Deal with a lookup to nothing",
      method: "RecordOperations.createRecords",
      ...refused,
      run: () =>
        deals().createRecords(
          body([sdkRecord({ ...values("lost"), Account_Name: sdkRecord({}, gone) })]),
          headers(),
        ),
    },
    {
      name: "create two Deals, one of them refused",
      method: "RecordOperations.createRecords",
      status: 207,
      becomes: "ActionWrapper",
      run: async () => {
        const answer: SdkAnswer = await deals().createRecords(
          body([sdkRecord(values("five")), sdkRecord(values("one"))]),
          headers(),
        );
        const [first] = idsIn(answer);
        if (first !== undefined) made.of.Deals?.push(first);
        return answer;
      },
    },
    {
      name: "update a Deal that is not there",
      method: "RecordOperations.updateRecord",
      ...refused,
      run: () => deals().updateRecord(gone, body([sdkRecord({ Amount: 1.5 })]), headers()),
    },
    {
      name: "update a Deal without its id",
      method: "RecordOperations.updateRecords",
      ...refused,
      run: () => deals().updateRecords(body([sdkRecord({ Amount: 1.5 })]), headers()),
    },
    {
      name: "read a Deal that is not there",
      method: "RecordOperations.getRecord",
      status: 204,
      becomes: null,
      run: async () => await deals().getRecord(gone, await parameters([]), headers()),
    },
    {
      name: "search by a field that is not there",
      method: "RecordOperations.searchRecords",
      status: 400,
      becomes: "APIException",
      run: async () =>
        await deals().searchRecords(
          await parameters([[sdk.Record.SearchRecordsParam.CRITERIA, "(No_Field:equals:x)"]]),
          headers(),
        ),
    },
    {
      name: "COQL that is none",
      method: "CoqlOperations.getRecords",
      status: 400,
      becomes: "APIException",
      run: async () => {
        const request = new sdk.Coql.BodyWrapper();
        request.setSelectQuery("select from where");
        return await new sdk.Coql.CoqlOperations().getRecords(request);
      },
    },
    {
      name: "fields of a module that is not there",
      method: "FieldsOperations.getFields",
      status: 400,
      becomes: "APIException",
      run: async () =>
        await new sdk.Fields.FieldsOperations().getFields(
          await parameters([[sdk.Fields.GetFieldsParam.MODULE, "No_Module"]]),
        ),
    },
    {
      name: "delete a Deal that is not there",
      method: "RecordOperations.deleteRecord",
      ...refused,
      run: async () => await deals().deleteRecord(gone, await parameters([]), headers()),
    },
  ];
}
