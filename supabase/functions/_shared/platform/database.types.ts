
export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[]

export type Database = {
  
  "public": {
          Tables: {
            "admin_users": {
                  Row: {
                    "created_at": string,"email": string,"full_name": string | null,"id": string,"is_active": boolean,"role": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"email": string,"full_name"?: string | null,"id": string,"is_active"?: boolean,"role"?: string
                  }
                  Update: {
                    "created_at"?: string,"email"?: string,"full_name"?: string | null,"id"?: string,"is_active"?: boolean,"role"?: string
                  }
                  Relationships: [
                    
                  ]
                },"business_quote_items": {
                  Row: {
                    "display_order": number,"id": string,"installation_price": number,"item_type": string,"monthly_price": number,"product_category": string | null,"quantity": number,"quote_id": string,"service_name": string,"service_type": string
                  }
                  ComputedFields: never
                  Insert: {
                    "display_order"?: number,"id"?: string,"installation_price"?: number,"item_type": string,"monthly_price"?: number,"product_category"?: string | null,"quantity"?: number,"quote_id": string,"service_name": string,"service_type": string
                  }
                  Update: {
                    "display_order"?: number,"id"?: string,"installation_price"?: number,"item_type"?: string,"monthly_price"?: number,"product_category"?: string | null,"quantity"?: number,"quote_id"?: string,"service_name"?: string,"service_type"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "business_quote_items_quote_id_fkey"
      columns: ["quote_id"]
isOneToOne: false
      referencedRelation: "business_quotes"
      referencedColumns: ["id"]
    }
                  ]
                },"business_quotes": {
                  Row: {
                    "accepted_at": string | null,"company_name": string,"contact_email": string,"contact_name": string,"contact_phone": string,"contract_term": number,"created_at": string,"created_by": string | null,"customer_id": string | null,"customer_type": string,"expired_at": string | null,"id": string,"quote_number": string | null,"registration_number": string | null,"rejected_at": string | null,"service_address": string,"status": Database["public"]['Enums']["quote_status"],"total_installation": number,"total_monthly": number,"updated_at": string,"valid_until": string,"vat_number": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "accepted_at"?: string | null,"company_name": string,"contact_email": string,"contact_name": string,"contact_phone": string,"contract_term"?: number,"created_at"?: string,"created_by"?: string | null,"customer_id"?: string | null,"customer_type"?: string,"expired_at"?: string | null,"id"?: string,"quote_number"?: string | null,"registration_number"?: string | null,"rejected_at"?: string | null,"service_address": string,"status"?: Database["public"]['Enums']["quote_status"],"total_installation"?: number,"total_monthly"?: number,"updated_at"?: string,"valid_until": string,"vat_number"?: string | null
                  }
                  Update: {
                    "accepted_at"?: string | null,"company_name"?: string,"contact_email"?: string,"contact_name"?: string,"contact_phone"?: string,"contract_term"?: number,"created_at"?: string,"created_by"?: string | null,"customer_id"?: string | null,"customer_type"?: string,"expired_at"?: string | null,"id"?: string,"quote_number"?: string | null,"registration_number"?: string | null,"rejected_at"?: string | null,"service_address"?: string,"status"?: Database["public"]['Enums']["quote_status"],"total_installation"?: number,"total_monthly"?: number,"updated_at"?: string,"valid_until"?: string,"vat_number"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "business_quotes_created_by_fkey"
      columns: ["created_by"]
isOneToOne: false
      referencedRelation: "admin_users"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "business_quotes_customer_id_fkey"
      columns: ["customer_id"]
isOneToOne: false
      referencedRelation: "customers"
      referencedColumns: ["id"]
    }
                  ]
                },"contracts": {
                  Row: {
                    "contract_number": string,"contract_term_months": number,"contract_type": string,"created_at": string,"customer_id": string | null,"end_date": string | null,"fully_signed_date": string | null,"id": string,"installation_fee": number,"kyc_session_id": string | null,"last_synced_at": string | null,"monthly_recurring": number,"once_off_fee": number,"quote_id": string,"start_date": string | null,"status": string,"total_contract_value": number,"updated_at": string,"zoho_deal_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "contract_number": string,"contract_term_months": number,"contract_type": string,"created_at"?: string,"customer_id"?: string | null,"end_date"?: string | null,"fully_signed_date"?: string | null,"id"?: string,"installation_fee"?: number,"kyc_session_id"?: string | null,"last_synced_at"?: string | null,"monthly_recurring"?: number,"once_off_fee"?: number,"quote_id": string,"start_date"?: string | null,"status"?: string,"total_contract_value"?: number,"updated_at"?: string,"zoho_deal_id"?: string | null
                  }
                  Update: {
                    "contract_number"?: string,"contract_term_months"?: number,"contract_type"?: string,"created_at"?: string,"customer_id"?: string | null,"end_date"?: string | null,"fully_signed_date"?: string | null,"id"?: string,"installation_fee"?: number,"kyc_session_id"?: string | null,"last_synced_at"?: string | null,"monthly_recurring"?: number,"once_off_fee"?: number,"quote_id"?: string,"start_date"?: string | null,"status"?: string,"total_contract_value"?: number,"updated_at"?: string,"zoho_deal_id"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "contracts_customer_id_fkey"
      columns: ["customer_id"]
isOneToOne: false
      referencedRelation: "customers"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "contracts_kyc_session_id_fkey"
      columns: ["kyc_session_id"]
isOneToOne: false
      referencedRelation: "kyc_sessions"
      referencedColumns: ["id"]
    },{
      foreignKeyName: "contracts_quote_id_fkey"
      columns: ["quote_id"]
isOneToOne: false
      referencedRelation: "business_quotes"
      referencedColumns: ["id"]
    }
                  ]
                },"customer_invoices": {
                  Row: {
                    "amount_due": number,"amount_paid": number,"created_at": string,"customer_id": string,"due_date": string | null,"id": string,"invoice_date": string | null,"invoice_number": string | null,"line_items": Json | null,"status": string,"subtotal": number,"tax_amount": number,"total_amount": number,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "amount_due"?: number,"amount_paid"?: number,"created_at"?: string,"customer_id": string,"due_date"?: string | null,"id"?: string,"invoice_date"?: string | null,"invoice_number"?: string | null,"line_items"?: Json | null,"status"?: string,"subtotal"?: number,"tax_amount"?: number,"total_amount"?: number,"updated_at"?: string
                  }
                  Update: {
                    "amount_due"?: number,"amount_paid"?: number,"created_at"?: string,"customer_id"?: string,"due_date"?: string | null,"id"?: string,"invoice_date"?: string | null,"invoice_number"?: string | null,"line_items"?: Json | null,"status"?: string,"subtotal"?: number,"tax_amount"?: number,"total_amount"?: number,"updated_at"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "customer_invoices_customer_id_fkey"
      columns: ["customer_id"]
isOneToOne: false
      referencedRelation: "customers"
      referencedColumns: ["id"]
    }
                  ]
                },"customers": {
                  Row: {
                    "account_type": string,"auth_user_id": string | null,"business_name": string | null,"business_registration": string | null,"created_at": string,"email": string,"first_name": string,"id": string,"id_number": string | null,"last_name": string,"phone": string,"tax_number": string | null,"updated_at": string
                  }
                  ComputedFields: never
                  Insert: {
                    "account_type"?: string,"auth_user_id"?: string | null,"business_name"?: string | null,"business_registration"?: string | null,"created_at"?: string,"email": string,"first_name": string,"id"?: string,"id_number"?: string | null,"last_name": string,"phone": string,"tax_number"?: string | null,"updated_at"?: string
                  }
                  Update: {
                    "account_type"?: string,"auth_user_id"?: string | null,"business_name"?: string | null,"business_registration"?: string | null,"created_at"?: string,"email"?: string,"first_name"?: string,"id"?: string,"id_number"?: string | null,"last_name"?: string,"phone"?: string,"tax_number"?: string | null,"updated_at"?: string
                  }
                  Relationships: [
                    
                  ]
                },"kyc_sessions": {
                  Row: {
                    "completed_at": string | null,"created_at": string,"didit_session_id": string,"extracted_data": Json | null,"id": string,"quote_id": string,"raw_webhook_payload": Json | null,"risk_tier": string | null,"status": string,"verification_result": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "completed_at"?: string | null,"created_at"?: string,"didit_session_id": string,"extracted_data"?: Json | null,"id"?: string,"quote_id": string,"raw_webhook_payload"?: Json | null,"risk_tier"?: string | null,"status"?: string,"verification_result"?: string | null
                  }
                  Update: {
                    "completed_at"?: string | null,"created_at"?: string,"didit_session_id"?: string,"extracted_data"?: Json | null,"id"?: string,"quote_id"?: string,"raw_webhook_payload"?: Json | null,"risk_tier"?: string | null,"status"?: string,"verification_result"?: string | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "kyc_sessions_quote_id_fkey"
      columns: ["quote_id"]
isOneToOne: false
      referencedRelation: "business_quotes"
      referencedColumns: ["id"]
    }
                  ]
                },"rica_submissions": {
                  Row: {
                    "approved_at": string | null,"created_at": string,"icasa_tracking_id": string | null,"iccid": (string)[] | null,"id": string,"kyc_session_id": string | null,"order_id": string | null,"status": string,"submitted_at": string | null,"submitted_data": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "approved_at"?: string | null,"created_at"?: string,"icasa_tracking_id"?: string | null,"iccid"?: (string)[] | null,"id"?: string,"kyc_session_id"?: string | null,"order_id"?: string | null,"status"?: string,"submitted_at"?: string | null,"submitted_data"?: Json | null
                  }
                  Update: {
                    "approved_at"?: string | null,"created_at"?: string,"icasa_tracking_id"?: string | null,"iccid"?: (string)[] | null,"id"?: string,"kyc_session_id"?: string | null,"order_id"?: string | null,"status"?: string,"submitted_at"?: string | null,"submitted_data"?: Json | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "rica_submissions_kyc_session_id_fkey"
      columns: ["kyc_session_id"]
isOneToOne: false
      referencedRelation: "kyc_sessions"
      referencedColumns: ["id"]
    }
                  ]
                },"zoho_accounts": {
                  Row: {
                    "account_key": string,"created_at": string,"matched_by": string,"zoho_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "account_key": string,"created_at"?: string,"matched_by": string,"zoho_id": string
                  }
                  Update: {
                    "account_key"?: string,"created_at"?: string,"matched_by"?: string,"zoho_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"zoho_admin_actions": {
                  Row: {
                    "action": string,"actor": string,"at": string,"details": NonNullable<Json>,"id": number
                  }
                  ComputedFields: never
                  Insert: {
                    "action": string,"actor": string,"at"?: string,"details"?: NonNullable<Json>,"id"?: never
                  }
                  Update: {
                    "action"?: string,"actor"?: string,"at"?: string,"details"?: NonNullable<Json>,"id"?: never
                  }
                  Relationships: [
                    
                  ]
                },"zoho_alerts": {
                  Row: {
                    "began_at": string | null,"checked_at": string | null,"detail": string | null,"last_notified_at": string | null,"muted_until": string | null,"name": string,"since": string,"state": string,"telling_until": string | null,"told": NonNullable<Json>
                  }
                  ComputedFields: never
                  Insert: {
                    "began_at"?: string | null,"checked_at"?: string | null,"detail"?: string | null,"last_notified_at"?: string | null,"muted_until"?: string | null,"name": string,"since"?: string,"state"?: string,"telling_until"?: string | null,"told"?: NonNullable<Json>
                  }
                  Update: {
                    "began_at"?: string | null,"checked_at"?: string | null,"detail"?: string | null,"last_notified_at"?: string | null,"muted_until"?: string | null,"name"?: string,"since"?: string,"state"?: string,"telling_until"?: string | null,"told"?: NonNullable<Json>
                  }
                  Relationships: [
                    
                  ]
                },"zoho_backfill_items": {
                  Row: {
                    "entity_id": string,"entity_type": string,"mapped": boolean,"plan": string | null,"position": number,"reason": string | null,"run_id": string,"state": string,"would": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "entity_id": string,"entity_type": string,"mapped": boolean,"plan"?: string | null,"position": number,"reason"?: string | null,"run_id": string,"state"?: string,"would"?: Json | null
                  }
                  Update: {
                    "entity_id"?: string,"entity_type"?: string,"mapped"?: boolean,"plan"?: string | null,"position"?: number,"reason"?: string | null,"run_id"?: string,"state"?: string,"would"?: Json | null
                  }
                  Relationships: [
                    {
      foreignKeyName: "zoho_backfill_items_run_id_fkey"
      columns: ["run_id"]
isOneToOne: false
      referencedRelation: "zoho_backfill_runs"
      referencedColumns: ["id"]
    }
                  ]
                },"zoho_backfill_runs": {
                  Row: {
                    "actor": string,"credits_before": number,"credits_estimated": number | null,"credits_used": number,"dry_run": boolean,"entity_type": string,"error_code": string | null,"error_message": string | null,"finished_at": string | null,"id": string,"is_listed": boolean,"listed": number,"listed_id": string,"listed_made_at": string,"outcome": Json | null,"since": string | null,"started_at": string,"status": string,"step_owner": string | null,"step_until": string | null,"total": number
                  }
                  ComputedFields: never
                  Insert: {
                    "actor": string,"credits_before"?: number,"credits_estimated"?: number | null,"credits_used"?: number,"dry_run": boolean,"entity_type": string,"error_code"?: string | null,"error_message"?: string | null,"finished_at"?: string | null,"id"?: string,"is_listed"?: boolean,"listed"?: number,"listed_id"?: string,"listed_made_at"?: string,"outcome"?: Json | null,"since"?: string | null,"started_at"?: string,"status"?: string,"step_owner"?: string | null,"step_until"?: string | null,"total"?: number
                  }
                  Update: {
                    "actor"?: string,"credits_before"?: number,"credits_estimated"?: number | null,"credits_used"?: number,"dry_run"?: boolean,"entity_type"?: string,"error_code"?: string | null,"error_message"?: string | null,"finished_at"?: string | null,"id"?: string,"is_listed"?: boolean,"listed"?: number,"listed_id"?: string,"listed_made_at"?: string,"outcome"?: Json | null,"since"?: string | null,"started_at"?: string,"status"?: string,"step_owner"?: string | null,"step_until"?: string | null,"total"?: number
                  }
                  Relationships: [
                    
                  ]
                },"zoho_channels": {
                  Row: {
                    "channel_id": string,"checked_at": string,"expires_at": string | null,"module": string
                  }
                  ComputedFields: never
                  Insert: {
                    "channel_id": string,"checked_at"?: string,"expires_at"?: string | null,"module": string
                  }
                  Update: {
                    "channel_id"?: string,"checked_at"?: string,"expires_at"?: string | null,"module"?: string
                  }
                  Relationships: [
                    
                  ]
                },"zoho_credit_ledger": {
                  Row: {
                    "calls": number,"credits": number,"lane": number,"quarter": string
                  }
                  ComputedFields: never
                  Insert: {
                    "calls"?: number,"credits"?: number,"lane": number,"quarter": string
                  }
                  Update: {
                    "calls"?: number,"credits"?: number,"lane"?: number,"quarter"?: string
                  }
                  Relationships: [
                    
                  ]
                },"zoho_entity_mappings": {
                  Row: {
                    "agreed_status": string | null,"circletel_id": string,"circletel_type": string,"created_at": string,"id": string,"last_synced_at": string,"loops": NonNullable<Json>,"revision": string | null,"snapshot": NonNullable<Json>,"state": string,"zoho_id": string,"zoho_modified_at": string | null,"zoho_type": string
                  }
                  ComputedFields: never
                  Insert: {
                    "agreed_status"?: string | null,"circletel_id": string,"circletel_type": string,"created_at"?: string,"id"?: string,"last_synced_at"?: string,"loops"?: NonNullable<Json>,"revision"?: string | null,"snapshot"?: NonNullable<Json>,"state"?: string,"zoho_id": string,"zoho_modified_at"?: string | null,"zoho_type": string
                  }
                  Update: {
                    "agreed_status"?: string | null,"circletel_id"?: string,"circletel_type"?: string,"created_at"?: string,"id"?: string,"last_synced_at"?: string,"loops"?: NonNullable<Json>,"revision"?: string | null,"snapshot"?: NonNullable<Json>,"state"?: string,"zoho_id"?: string,"zoho_modified_at"?: string | null,"zoho_type"?: string
                  }
                  Relationships: [
                    
                  ]
                },"zoho_fields": {
                  Row: {
                    "api_name": string,"checked_at": string,"data_type": string | null,"displayed": (string)[],"field": string,"is_optional": boolean,"is_unique": boolean,"label": string,"missing_options": (string)[],"module": string,"options": (string)[],"problem": string | null,"problem_since": string | null,"zoho_id": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "api_name": string,"checked_at"?: string,"data_type"?: string | null,"displayed"?: (string)[],"field": string,"is_optional"?: boolean,"is_unique"?: boolean,"label": string,"missing_options"?: (string)[],"module": string,"options"?: (string)[],"problem"?: string | null,"problem_since"?: string | null,"zoho_id"?: string | null
                  }
                  Update: {
                    "api_name"?: string,"checked_at"?: string,"data_type"?: string | null,"displayed"?: (string)[],"field"?: string,"is_optional"?: boolean,"is_unique"?: boolean,"label"?: string,"missing_options"?: (string)[],"module"?: string,"options"?: (string)[],"problem"?: string | null,"problem_since"?: string | null,"zoho_id"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"zoho_notices": {
                  Row: {
                    "acknowledged_at": string | null,"created_at": string,"entity_id": string | null,"entity_type": string | null,"id": number,"kind": string,"message": string,"zoho_id": string | null,"zoho_type": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "acknowledged_at"?: string | null,"created_at"?: string,"entity_id"?: string | null,"entity_type"?: string | null,"id"?: never,"kind": string,"message": string,"zoho_id"?: string | null,"zoho_type"?: string | null
                  }
                  Update: {
                    "acknowledged_at"?: string | null,"created_at"?: string,"entity_id"?: string | null,"entity_type"?: string | null,"id"?: never,"kind"?: string,"message"?: string,"zoho_id"?: string | null,"zoho_type"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"zoho_products": {
                  Row: {
                    "created_at": string,"matched_by": string,"product_key": string,"zoho_id": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"matched_by": string,"product_key": string,"zoho_id": string
                  }
                  Update: {
                    "created_at"?: string,"matched_by"?: string,"product_key"?: string,"zoho_id"?: string
                  }
                  Relationships: [
                    
                  ]
                },"zoho_questions": {
                  Row: {
                    "account_key": string | null,"answer": string | null,"answered_at": string | null,"answered_by": string | null,"answers": (string)[],"asked_at": string,"asks": string | null,"changed_at": string | null,"changed_by": string | null,"chosen_id": string | null,"closed_at": string | null,"closed_because": string | null,"entity_id": string | null,"entity_type": string | null,"field": string,"id": string,"kind": string,"ours": Json | null,"reason": string | null,"shown": NonNullable<Json>,"theirs": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "account_key"?: string | null,"answer"?: string | null,"answered_at"?: string | null,"answered_by"?: string | null,"answers": (string)[],"asked_at"?: string,"asks"?: string | null,"changed_at"?: string | null,"changed_by"?: string | null,"chosen_id"?: string | null,"closed_at"?: string | null,"closed_because"?: string | null,"entity_id"?: string | null,"entity_type"?: string | null,"field"?: string,"id"?: string,"kind": string,"ours"?: Json | null,"reason"?: string | null,"shown"?: NonNullable<Json>,"theirs"?: Json | null
                  }
                  Update: {
                    "account_key"?: string | null,"answer"?: string | null,"answered_at"?: string | null,"answered_by"?: string | null,"answers"?: (string)[],"asked_at"?: string,"asks"?: string | null,"changed_at"?: string | null,"changed_by"?: string | null,"chosen_id"?: string | null,"closed_at"?: string | null,"closed_because"?: string | null,"entity_id"?: string | null,"entity_type"?: string | null,"field"?: string,"id"?: string,"kind"?: string,"ours"?: Json | null,"reason"?: string | null,"shown"?: NonNullable<Json>,"theirs"?: Json | null
                  }
                  Relationships: [
                    
                  ]
                },"zoho_reconcile_rows": {
                  Row: {
                    "created_at": string,"entity_id": string | null,"entity_type": string,"fields": NonNullable<Json>,"id": number,"reason": string,"reference": string | null,"repaired_at": string | null,"run_id": string,"verdict": string,"zoho_id": string | null,"zoho_type": string
                  }
                  ComputedFields: never
                  Insert: {
                    "created_at"?: string,"entity_id"?: string | null,"entity_type": string,"fields"?: NonNullable<Json>,"id"?: never,"reason": string,"reference"?: string | null,"repaired_at"?: string | null,"run_id": string,"verdict": string,"zoho_id"?: string | null,"zoho_type": string
                  }
                  Update: {
                    "created_at"?: string,"entity_id"?: string | null,"entity_type"?: string,"fields"?: NonNullable<Json>,"id"?: never,"reason"?: string,"reference"?: string | null,"repaired_at"?: string | null,"run_id"?: string,"verdict"?: string,"zoho_id"?: string | null,"zoho_type"?: string
                  }
                  Relationships: [
                    {
      foreignKeyName: "zoho_reconcile_rows_run_id_fkey"
      columns: ["run_id"]
isOneToOne: false
      referencedRelation: "zoho_reconcile_runs"
      referencedColumns: ["id"]
    }
                  ]
                },"zoho_reconcile_runs": {
                  Row: {
                    "actor": string,"calls": number,"counts": NonNullable<Json>,"credits": number,"cursor": NonNullable<Json>,"differs": number,"entity_types": (string)[],"error_code": string | null,"error_message": string | null,"extra": number,"faults": number,"finished_at": string | null,"id": string,"is_due": boolean,"kind": string,"lease_owner": string | null,"lease_until": string | null,"matched": number,"missing": number,"next_step_at": string,"queued": number,"since": string | null,"started_at": string,"status": string,"steps": number
                  }
                  ComputedFields: never
                  Insert: {
                    "actor": string,"calls"?: number,"counts"?: NonNullable<Json>,"credits"?: number,"cursor"?: NonNullable<Json>,"differs"?: number,"entity_types": (string)[],"error_code"?: string | null,"error_message"?: string | null,"extra"?: number,"faults"?: number,"finished_at"?: string | null,"id"?: string,"is_due"?: boolean,"kind": string,"lease_owner"?: string | null,"lease_until"?: string | null,"matched"?: number,"missing"?: number,"next_step_at"?: string,"queued"?: number,"since"?: string | null,"started_at"?: string,"status"?: string,"steps"?: number
                  }
                  Update: {
                    "actor"?: string,"calls"?: number,"counts"?: NonNullable<Json>,"credits"?: number,"cursor"?: NonNullable<Json>,"differs"?: number,"entity_types"?: (string)[],"error_code"?: string | null,"error_message"?: string | null,"extra"?: number,"faults"?: number,"finished_at"?: string | null,"id"?: string,"is_due"?: boolean,"kind"?: string,"lease_owner"?: string | null,"lease_until"?: string | null,"matched"?: number,"missing"?: number,"next_step_at"?: string,"queued"?: number,"since"?: string | null,"started_at"?: string,"status"?: string,"steps"?: number
                  }
                  Relationships: [
                    
                  ]
                },"zoho_sync_logs": {
                  Row: {
                    "attempt_number": number | null,"cause": string | null,"created_at": string,"drain_id": string | null,"duration_ms": number | null,"entity_id": string,"entity_type": string,"error_message": string | null,"finished_at": string | null,"id": string,"made_for": string | null,"outcome": string | null,"request_payload": Json | null,"response_payload": Json | null,"revision": string | null,"status": string,"zoho_entity_id": string | null,"zoho_entity_type": string | null
                  }
                  ComputedFields: never
                  Insert: {
                    "attempt_number"?: number | null,"cause"?: string | null,"created_at"?: string,"drain_id"?: string | null,"duration_ms"?: number | null,"entity_id": string,"entity_type": string,"error_message"?: string | null,"finished_at"?: string | null,"id"?: string,"made_for"?: string | null,"outcome"?: string | null,"request_payload"?: Json | null,"response_payload"?: Json | null,"revision"?: string | null,"status": string,"zoho_entity_id"?: string | null,"zoho_entity_type"?: string | null
                  }
                  Update: {
                    "attempt_number"?: number | null,"cause"?: string | null,"created_at"?: string,"drain_id"?: string | null,"duration_ms"?: number | null,"entity_id"?: string,"entity_type"?: string,"error_message"?: string | null,"finished_at"?: string | null,"id"?: string,"made_for"?: string | null,"outcome"?: string | null,"request_payload"?: Json | null,"response_payload"?: Json | null,"revision"?: string | null,"status"?: string,"zoho_entity_id"?: string | null,"zoho_entity_type"?: string | null
                  }
                  Relationships: [
                    
                  ]
                },"zoho_sync_queue": {
                  Row: {
                    "cause": string,"enqueued_at": string,"entity_id": string,"entity_type": string,"error_code": string | null,"error_field": string | null,"error_message": string | null,"failed_rounds": number,"forced": boolean,"lane": number,"lease_owner": string | null,"lease_until": string | null,"look": boolean,"next_attempt_at": string,"status": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "cause": string,"enqueued_at"?: string,"entity_id": string,"entity_type": string,"error_code"?: string | null,"error_field"?: string | null,"error_message"?: string | null,"failed_rounds"?: number,"forced"?: boolean,"lane"?: number,"lease_owner"?: string | null,"lease_until"?: string | null,"look"?: boolean,"next_attempt_at"?: string,"status"?: string,"version"?: number
                  }
                  Update: {
                    "cause"?: string,"enqueued_at"?: string,"entity_id"?: string,"entity_type"?: string,"error_code"?: string | null,"error_field"?: string | null,"error_message"?: string | null,"failed_rounds"?: number,"forced"?: boolean,"lane"?: number,"lease_owner"?: string | null,"lease_until"?: string | null,"look"?: boolean,"next_attempt_at"?: string,"status"?: string,"version"?: number
                  }
                  Relationships: [
                    
                  ]
                },"zoho_sync_state": {
                  Row: {
                    "concurrency": number,"credits_left": number | null,"credits_left_at": string | null,"daily_credits": number,"drain_owner": string | null,"drain_until": string | null,"earlier_epochs": (number)[],"fields_due_at": string,"full_reconcile_days": number,"full_reconcile_due": boolean,"id": boolean,"last_drain_at": string | null,"last_revision": number,"pause_code": string | null,"pause_count": number,"pause_message": string | null,"paused_at": string | null,"paused_by": string | null,"paused_until": string | null,"revision_epoch": number,"revisions_checked_at": string,"synced_types": (string)[]
                  }
                  ComputedFields: never
                  Insert: {
                    "concurrency"?: number,"credits_left"?: number | null,"credits_left_at"?: string | null,"daily_credits"?: number,"drain_owner"?: string | null,"drain_until"?: string | null,"earlier_epochs"?: (number)[],"fields_due_at"?: string,"full_reconcile_days"?: number,"full_reconcile_due"?: boolean,"id"?: boolean,"last_drain_at"?: string | null,"last_revision"?: number,"pause_code"?: string | null,"pause_count"?: number,"pause_message"?: string | null,"paused_at"?: string | null,"paused_by"?: string | null,"paused_until"?: string | null,"revision_epoch"?: number,"revisions_checked_at"?: string,"synced_types"?: (string)[]
                  }
                  Update: {
                    "concurrency"?: number,"credits_left"?: number | null,"credits_left_at"?: string | null,"daily_credits"?: number,"drain_owner"?: string | null,"drain_until"?: string | null,"earlier_epochs"?: (number)[],"fields_due_at"?: string,"full_reconcile_days"?: number,"full_reconcile_due"?: boolean,"id"?: boolean,"last_drain_at"?: string | null,"last_revision"?: number,"pause_code"?: string | null,"pause_count"?: number,"pause_message"?: string | null,"paused_at"?: string | null,"paused_by"?: string | null,"paused_until"?: string | null,"revision_epoch"?: number,"revisions_checked_at"?: string,"synced_types"?: (string)[]
                  }
                  Relationships: [
                    
                  ]
                },"zoho_tokens": {
                  Row: {
                    "access_token": string,"api_domain": string | null,"created_at": string,"error_at": string | null,"error_code": string | null,"expires_at": string,"id": string,"lease_owner": string | null,"lease_until": string | null,"previous_access_token": string | null,"previous_api_domain": string | null,"previous_expires_at": string | null,"previous_fingerprint": string | null,"previous_version": number | null,"recent_refreshes": (string)[],"refresh_token": string,"scope": string | null,"seed_fingerprint": string | null,"seed_started_at": string | null,"token_type": string | null,"updated_at": string,"version": number
                  }
                  ComputedFields: never
                  Insert: {
                    "access_token": string,"api_domain"?: string | null,"created_at"?: string,"error_at"?: string | null,"error_code"?: string | null,"expires_at": string,"id"?: string,"lease_owner"?: string | null,"lease_until"?: string | null,"previous_access_token"?: string | null,"previous_api_domain"?: string | null,"previous_expires_at"?: string | null,"previous_fingerprint"?: string | null,"previous_version"?: number | null,"recent_refreshes"?: (string)[],"refresh_token": string,"scope"?: string | null,"seed_fingerprint"?: string | null,"seed_started_at"?: string | null,"token_type"?: string | null,"updated_at"?: string,"version"?: number
                  }
                  Update: {
                    "access_token"?: string,"api_domain"?: string | null,"created_at"?: string,"error_at"?: string | null,"error_code"?: string | null,"expires_at"?: string,"id"?: string,"lease_owner"?: string | null,"lease_until"?: string | null,"previous_access_token"?: string | null,"previous_api_domain"?: string | null,"previous_expires_at"?: string | null,"previous_fingerprint"?: string | null,"previous_version"?: number | null,"recent_refreshes"?: (string)[],"refresh_token"?: string,"scope"?: string | null,"seed_fingerprint"?: string | null,"seed_started_at"?: string | null,"token_type"?: string | null,"updated_at"?: string,"version"?: number
                  }
                  Relationships: [
                    
                  ]
                },"zoho_webhook_events": {
                  Row: {
                    "applied_at": string | null,"digest": string,"entity_id": string | null,"entity_type": string | null,"id": string,"modified_at": string | null,"modified_by": string | null,"module": string,"operation": string,"reason": string | null,"received_at": string,"record_id": string,"seq": number,"source": string,"status": string,"told": Json | null
                  }
                  ComputedFields: never
                  Insert: {
                    "applied_at"?: string | null,"digest": string,"entity_id"?: string | null,"entity_type"?: string | null,"id"?: string,"modified_at"?: string | null,"modified_by"?: string | null,"module": string,"operation": string,"reason"?: string | null,"received_at"?: string,"record_id": string,"seq"?: never,"source": string,"status": string,"told"?: Json | null
                  }
                  Update: {
                    "applied_at"?: string | null,"digest"?: string,"entity_id"?: string | null,"entity_type"?: string | null,"id"?: string,"modified_at"?: string | null,"modified_by"?: string | null,"module"?: string,"operation"?: string,"reason"?: string | null,"received_at"?: string,"record_id"?: string,"seq"?: never,"source"?: string,"status"?: string,"told"?: Json | null
                  }
                  Relationships: [
                    
                  ]
                },"zoho_webhook_refusals": {
                  Row: {
                    "count": number,"minute": string,"reason": string
                  }
                  ComputedFields: never
                  Insert: {
                    "count": number,"minute": string,"reason": string
                  }
                  Update: {
                    "count"?: number,"minute"?: string,"reason"?: string
                  }
                  Relationships: [
                    
                  ]
                }
          }
          Views: {
            [_ in never]: never
          }
          Functions: {
            "get_circletel_id":
{ Args: { "p_zoho_id": string,"p_zoho_type": string }; Returns: string
                           },
"get_zoho_id":
{ Args: { "p_circletel_id": string,"p_circletel_type": string }; Returns: string
                           },
"is_entity_synced":
{ Args: { "p_circletel_id": string,"p_circletel_type": string }; Returns: boolean
                           },
"zoho_accounts_of_persons":
{ Args: { "p_zoho_ids": (string)[] }; Returns: Json
                           },
"zoho_acknowledge_notices":
{ Args: { "p_ids": (number)[] }; Returns: number
                           },
"zoho_admin_actions_page":
{ Args: { "p_action"?: string,"p_actor"?: string,"p_after"?: number,"p_limit"?: number }; Returns: Json
                           },
"zoho_admin_alerts":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_admin_attempts":
{ Args: { "p_after"?: string,"p_from"?: string,"p_limit"?: number,"p_status"?: string,"p_text"?: string,"p_to"?: string }; Returns: Json
                           },
"zoho_admin_contract":
{ Args: { "p_id"?: string,"p_number"?: string }; Returns: Json
                           },
"zoho_admin_event":
{ Args: { "p_id": string }; Returns: Json
                           },
"zoho_admin_events":
{ Args: { "p_after"?: number,"p_from"?: string,"p_limit"?: number,"p_module"?: string,"p_nothing_new"?: boolean,"p_status"?: string,"p_text"?: string,"p_to"?: string }; Returns: Json
                           },
"zoho_admin_history":
{ Args: { "p_after"?: string,"p_entity_id": string,"p_entity_type": string,"p_limit"?: number }; Returns: Json
                           },
"zoho_admin_holds":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_admin_incidents":
{ Args: { "p_after"?: number,"p_limit"?: number }; Returns: Json
                           },
"zoho_admin_notices":
{ Args: { "p_after"?: number,"p_limit"?: number,"p_open_only"?: boolean }; Returns: Json
                           },
"zoho_admin_problems":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_admin_queue":
{ Args: { "p_after"?: string,"p_code"?: string,"p_failed"?: boolean,"p_field"?: string,"p_from"?: string,"p_lane"?: number,"p_limit"?: number,"p_status"?: string,"p_text"?: string,"p_to"?: string }; Returns: Json
                           },
"zoho_admin_retry":
{ Args: { "p_code"?: string,"p_entities"?: Json,"p_field"?: string,"p_limit"?: number }; Returns: Json
                           },
"zoho_admin_runs":
{ Args: { "p_limit"?: number }; Returns: Json
                           },
"zoho_admin_search":
{ Args: { "p_limit"?: number,"p_words": (string)[],"p_zoho_id"?: string }; Returns: Json
                           },
"zoho_admin_settings":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_admin_status":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_adopt_database":
{ Args: { "p_credentials": string,"p_org_id": string,"p_other_epochs"?: (number)[],"p_project_url": string }; Returns: Json
                           },
"zoho_adopt_revisions":
{ Args: { "p_other_epochs"?: (number)[] }; Returns: number
                           },
"zoho_alert_channels":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_alerts_told":
{ Args: { "p_told": Json }; Returns: undefined
                           },
"zoho_answer_questions":
{ Args: { "p_answered_by": string,"p_choice": string,"p_chosen_id"?: string,"p_ids": (string)[] }; Returns: Json
                           },
"zoho_ask_about_accounts":
{ Args: { "p_certain"?: (string)[],"p_questions": Json }; Returns: (string)[]
                           },
"zoho_attempts_of":
{ Args: { "p_records": Json }; Returns: Json
                           },
"zoho_backfill_cancel":
{ Args: { "p_run": string }; Returns: Json
                           },
"zoho_backfill_claim_step":
{ Args: { "p_lease_seconds": number,"p_worker": string }; Returns: Json
                           },
"zoho_backfill_end_plan":
{ Args: { "p_run": string }; Returns: undefined
                           },
"zoho_backfill_end_step":
{ Args: { "p_code"?: string,"p_message"?: string,"p_ring"?: boolean,"p_run": string,"p_worker": string }; Returns: undefined
                           },
"zoho_backfill_enqueue":
{ Args: { "p_ahead"?: number,"p_limit": number,"p_run": string }; Returns: number
                           },
"zoho_backfill_items_page":
{ Args: { "p_after"?: number,"p_limit"?: number,"p_plan"?: string,"p_reason"?: string,"p_run": string }; Returns: Json
                           },
"zoho_backfill_page":
{ Args: { "p_limit": number,"p_run": string }; Returns: Json
                           },
"zoho_backfill_planned":
{ Args: { "p_credits": Json,"p_items": Json,"p_links": Json,"p_run": string }; Returns: undefined
                           },
"zoho_backfill_start":
{ Args: { "p_actor": string,"p_dry_run": boolean,"p_entity_type": string,"p_since"?: string }; Returns: Json
                           },
"zoho_backfill_status":
{ Args: { "p_limit"?: number,"p_run"?: string }; Returns: Json
                           },
"zoho_change_outcome":
{ Args: { "p_entity_id": string,"p_entity_type": string }; Returns: Json
                           },
"zoho_change_settings":
{ Args: { "p_daily_credits"?: number,"p_synced_types"?: (string)[] }; Returns: Json
                           },
"zoho_claim_changes":
{ Args: { "p_entity_id"?: string,"p_entity_type"?: string,"p_lease_seconds": number,"p_limit": number,"p_project_url"?: string,"p_worker": string }; Returns: Json
                           },
"zoho_count_refusals":
{ Args: { "p_counts": Json }; Returns: undefined
                           },
"zoho_decide_alerts":
{ Args: { "p_channels": (string)[],"p_conditions": Json,"p_seconds"?: number }; Returns: Json
                           },
"zoho_doctor":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_drop_changes":
{ Args: { "p_entities": Json }; Returns: Json
                           },
"zoho_end_drain":
{ Args: { "p_worker": string }; Returns: undefined
                           },
"zoho_enqueue":
{ Args: { "p_cause"?: string,"p_entity_type": string,"p_forced"?: boolean,"p_ids": (string)[],"p_lane"?: number,"p_look"?: boolean }; Returns: number
                           },
"zoho_entities_of":
{ Args: { "p_entity": string,"p_id": string }; Returns: Json
                           },
"zoho_erase_person":
{ Args: { "p_by": string,"p_customer_id": string }; Returns: Json
                           },
"zoho_export_person":
{ Args: { "p_by": string,"p_customer_id": string }; Returns: Json
                           },
"zoho_fail_token":
{ Args: { "p_code": string,"p_owner": string }; Returns: undefined
                           },
"zoho_field_rules":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_forget_account":
{ Args: { "p_zoho_id": string }; Returns: number
                           },
"zoho_forget_record":
{ Args: { "p_entity_id": string,"p_entity_type": string }; Returns: string
                           },
"zoho_gone_links":
{ Args: { "p_gone": Json,"p_zoho_type": string }; Returns: number
                           },
"zoho_hold_module":
{ Args: { "p_code": string,"p_message": string,"p_module": string }; Returns: number
                           },
"zoho_hold_record":
{ Args: { "p_entity_id": string,"p_entity_type": string,"p_held_by": string,"p_reason"?: string,"p_until"?: string }; Returns: boolean
                           },
"zoho_identity":
{ Args: { "p_project_url"?: string }; Returns: Json
                           },
"zoho_known_products":
{ Args: { "p_keys": (string)[] }; Returns: Json
                           },
"zoho_known_records":
{ Args: { "p_ids": (string)[],"p_zoho_type": string }; Returns: Json
                           },
"zoho_lease_token":
{ Args: { "p_fingerprint": string,"p_lease_seconds"?: number,"p_margin_seconds"?: number,"p_owner": string,"p_refused"?: number,"p_seed"?: string,"p_started_at"?: string }; Returns: Json
                           },
"zoho_link_record":
{ Args: { "p_entity_id": string,"p_entity_type": string }; Returns: string
                           },
"zoho_look_again":
{ Args: { "p_entities": Json }; Returns: number
                           },
"zoho_mark_hints":
{ Args: { "p_dry_run"?: boolean,"p_from"?: string,"p_ids"?: (string)[],"p_limit"?: number,"p_status"?: string,"p_to"?: string }; Returns: Json
                           },
"zoho_move_record":
{ Args: { "p_cause": string,"p_entity_id": string,"p_entity_type": string,"p_zoho_id": string }; Returns: boolean
                           },
"zoho_mute_alert":
{ Args: { "p_name": string,"p_until"?: string }; Returns: undefined
                           },
"zoho_names_of":
{ Args: { "p_ids": (string)[] }; Returns: Json
                           },
"zoho_note_channels":
{ Args: { "p_channels": Json }; Returns: undefined
                           },
"zoho_note_credits":
{ Args: { "p_calls": number,"p_credits": number,"p_lane": number }; Returns: undefined
                           },
"zoho_note_org":
{ Args: { "p_credentials": string,"p_org_id": string }; Returns: Json
                           },
"zoho_observe":
{ Args: { "p_on": boolean }; Returns: undefined
                           },
"zoho_open_questions":
{ Args: { "p_after"?: string,"p_entity_id"?: string,"p_entity_type"?: string,"p_limit"?: number }; Returns: Json
                           },
"zoho_owners_of_contacts":
{ Args: { "p_contacts": Json }; Returns: Json
                           },
"zoho_pause":
{ Args: { "p_by"?: string,"p_code": string,"p_message": string,"p_seconds"?: number,"p_until_resumed"?: boolean }; Returns: string
                           },
"zoho_pause_state":
{ Args: Record<PropertyKey, never>; Returns: Json
                           },
"zoho_peek_changes":
{ Args: { "p_entities": Json }; Returns: Json
                           },
"zoho_receive_hint":
{ Args: { "p_digest": string,"p_module": string,"p_operation": string,"p_ours_only"?: boolean,"p_records": Json,"p_source": string }; Returns: Json
                           },
"zoho_reconcile_again":
{ Args: { "p_after": number,"p_entity_type": string,"p_limit": number,"p_run": string,"p_until"?: number }; Returns: Json
                           },
"zoho_reconcile_claim":
{ Args: { "p_lease_seconds": number,"p_worker": string }; Returns: Json
                           },
"zoho_reconcile_doubled":
{ Args: { "p_entity_type": string,"p_run": string }; Returns: number
                           },
"zoho_reconcile_look":
{ Args: { "p_entity_type": string,"p_ids"?: (string)[],"p_read_at": string,"p_records"?: Json }; Returns: Json
                           },
"zoho_reconcile_note":
{ Args: { "p_cursor": Json,"p_entity_type"?: string,"p_finished"?: boolean,"p_lease_seconds": number,"p_replaces"?: (number)[],"p_results": Json,"p_run": string,"p_spent"?: Json,"p_worker": string }; Returns: string
                           },
"zoho_reconcile_release":
{ Args: { "p_code"?: string,"p_final"?: boolean,"p_message"?: string,"p_run": string,"p_worker": string }; Returns: undefined
                           },
"zoho_reconcile_repair":
{ Args: { "p_recreate_deleted"?: boolean,"p_rows": (number)[] }; Returns: Json
                           },
"zoho_reconcile_repairable":
{ Args: { "p_limit"?: number,"p_recreate_deleted"?: boolean,"p_rows"?: (number)[],"p_run": string,"p_verdicts": (string)[] }; Returns: {
              "created_at": string,
"entity_id": string | null,
"entity_type": string,
"fields": NonNullable<Json>,
"id": number,
"reason": string,
"reference": string | null,
"repaired_at": string | null,
"run_id": string,
"verdict": string,
"zoho_id": string | null,
"zoho_type": string
            }[]
                          SetofOptions: {
        from: "*"
        to: "zoho_reconcile_rows"
        isOneToOne: false
        isSetofReturn: true
      } },
"zoho_reconcile_report":
{ Args: { "p_run"?: string }; Returns: Json
                           },
"zoho_reconcile_start":
{ Args: { "p_actor": string,"p_entity_types": (string)[],"p_kind": string }; Returns: Json
                           },
"zoho_reconcile_unseen":
{ Args: { "p_after"?: string,"p_entity_type": string,"p_limit"?: number,"p_run": string,"p_since"?: string,"p_window"?: number }; Returns: Json
                           },
"zoho_record_attempts":
{ Args: { "p_closed"?: Json,"p_lease_seconds": number,"p_opened"?: Json,"p_worker": string }; Returns: (string)[]
                           },
"zoho_records_of_links":
{ Args: { "p_ids": (string)[],"p_zoho_type": string }; Returns: Json
                           },
"zoho_release_record":
{ Args: { "p_entity_id": string,"p_entity_type": string }; Returns: boolean
                           },
"zoho_remember_products":
{ Args: { "p_products": Json }; Returns: undefined
                           },
"zoho_resume":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"zoho_revisions_checked":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"zoho_ring":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"zoho_set_alert_channel":
{ Args: { "p_name": string,"p_sealed"?: string,"p_set_by": string }; Returns: undefined
                           },
"zoho_settle_changes":
{ Args: { "p_accounts"?: Json,"p_asked"?: Json,"p_closed"?: Json,"p_credits"?: Json,"p_gone"?: Json,"p_lacking"?: Json,"p_links"?: Json,"p_results": Json,"p_worker": string }; Returns: Json
                           },
"zoho_store_fields":
{ Args: { "p_fields": Json,"p_next_seconds"?: number }; Returns: Json
                           },
"zoho_store_token":
{ Args: { "p_access_token": string,"p_api_domain"?: string,"p_expires_in_seconds": number,"p_owner": string,"p_refresh_token": string,"p_scope"?: string }; Returns: boolean
                           },
"zoho_token_is_good":
{ Args: Record<PropertyKey, never>; Returns: undefined
                           },
"zoho_unknown_companies":
{ Args: { "p_companies": Json }; Returns: Json
                           },
"zoho_unknown_revisions":
{ Args: { "p_revisions": (string)[] }; Returns: (string)[]
                           },
"zoho_unlink_record":
{ Args: { "p_entity_id": string,"p_entity_type": string }; Returns: string
                           }
          }
          Enums: {
            "quote_status": "draft"|"pending_approval"|"approved"|"sent"|"viewed"|"accepted"|"rejected"|"expired"
          }
          CompositeTypes: {
            [_ in never]: never
          }
        }
}

type DatabaseWithoutInternals = Omit<Database, '__InternalSupabase'>

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">]

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
        DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? (DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"] &
      DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"])[TableName] extends {
      Row: infer R
    }
    ? R
    : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
  ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R
    }
    ? R
    : never
  : never

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Insert: infer I
    }
    ? I
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I
    }
    ? I
    : never
  : never

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
      Update: infer U
    }
    ? U
    : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
  ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U
    }
    ? U
    : never
  : never

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
  ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals
  }
    ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
  ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never

export const Constants = {
  "public": {
          Enums: {
            "quote_status": ["draft", "pending_approval", "approved", "sent", "viewed", "accepted", "rejected", "expired"]
          }
        }
} as const
