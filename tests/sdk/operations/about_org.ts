import * as sdk from "@zohocrm/nodejs-sdk-8.0";
import { option } from "../records.ts";
import { headers, parameters, type SdkOperation } from "./operation.ts";

export function aboutTheOrg(): SdkOperation[] {
  const users = (type: string) => async () =>
    await new sdk.Users.UsersOperations().getUsers(
      await parameters([[sdk.Users.GetUsersParam.TYPE, option(type)]]),
      headers(),
    );
  return [
    {
      name: "the organisation",
      method: "OrgOperations.getOrganization",
      status: 200,
      becomes: "ResponseWrapper",
      run: () => new sdk.Org.OrgOperations().getOrganization(),
    },
    {
      name: "the active users",
      method: "UsersOperations.getUsers",
      status: 200,
      becomes: "ResponseWrapper",
      run: users("ActiveUsers"),
    },
    {
      name: "the current user",
      method: "UsersOperations.getUsers",
      status: 200,
      becomes: "ResponseWrapper",
      run: users("CurrentUser"),
    },
    {
      name: "all modules",
      method: "ModulesOperations.getModules",
      status: 200,
      becomes: "ResponseWrapper",
      run: async () => await new sdk.Modules.ModulesOperations().getModules(await parameters([]), headers()),
    },
  ];
}
