import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { headers, type Made, parameters, type SdkOperation } from "./operation.ts";

export function merging(module: string, made: Made): SdkOperation[] {
  return [{
    name: `merge two of ${module}`,
    method: "FindAndMergeOperations.mergeRecords",
    status: 201,
    becomes: "ActionWrapper",
    run: async () => {
      const [master = 0n, loser = 0n] = made.of[module]?.slice(-2) ?? [];
      const kept = new sdk.FindAndMerge.MasterRecordFields();
      kept.setAPIName("Description");
      const lost = new sdk.FindAndMerge.MergeData();
      lost.setId(loser);
      const merge = new sdk.FindAndMerge.Merge();
      merge.setMasterRecordFields([kept]);
      merge.setData([lost]);
      const wrapper = new sdk.FindAndMerge.BodyWrapper();
      wrapper.setMerge([merge]);
      const answer = await new sdk.FindAndMerge.FindAndMergeOperations(module, master).mergeRecords(wrapper);
      made.of[module] = made.of[module]?.filter((id) => id !== loser) ?? [];
      return answer;
    },
  }];
}

export function deletions(module: string, made: Made): SdkOperation[] {
  const records = () => new sdk.Record.RecordOperations(module);
  const wrote = { status: 200, becomes: "ActionWrapper" };
  return [
    {
      name: `delete one of ${module}`,
      method: "RecordOperations.deleteRecord",
      ...wrote,
      run: async () => {
        const id = made.of[module]?.pop() ?? 0n;
        return await records().deleteRecord(id, await parameters([]), headers());
      },
    },
    {
      name: `delete the rest of ${module}`,
      method: "RecordOperations.deleteRecords",
      ...wrote,
      run: async () =>
        await records().deleteRecords(
          await parameters([[sdk.Record.DeleteRecordsParam.IDS, made.of[module]?.join(",")]]),
          headers(),
        ),
    },
    {
      name: `deleted of ${module}`,
      method: "RecordOperations.getDeletedRecords",
      status: 200,
      becomes: "DeletedRecordsWrapper",
      run: async () =>
        await records().getDeletedRecords(
          await parameters([[sdk.Record.GetDeletedRecordsParam.TYPE, "all"]]),
          headers(),
        ),
    },
  ];
}
