/*
 * The commands themselves, for the table in control/table.c only.
 */
#ifndef CONTROL_COMMANDS_COMMANDS_H
#define CONTROL_COMMANDS_COMMANDS_H

#include "control/command.h"

typedef enum exit_code
command_function(struct command_context *c, const struct arguments *a);

command_function command_init;

command_function command_setup_postfix;
command_function command_setup_sendmail;

command_function command_center_add;
command_function command_center_remove;
command_function command_center_list;
command_function command_center_show;
command_function command_center_address;
command_function command_center_import;
command_function command_center_export;

command_function command_device_add;
command_function command_device_set;
command_function command_device_key;
command_function command_device_list;
command_function command_device_show;
command_function command_device_enable;
command_function command_device_disable;
command_function command_device_remove;
command_function command_device_import;
command_function command_device_export;

command_function command_request;
command_function command_request_list;
command_function command_request_show;
command_function command_request_cancel;

command_function command_spool_list;
command_function command_spool_next;
command_function command_spool_done;
command_function command_spool_verify;
command_function command_spool_reclaim;

command_function command_explain;

command_function command_submit;
command_function command_identify;
command_function command_pending;
command_function command_fetch;
command_function command_delivered;

command_function command_clock;
command_function command_clock_accept;

command_function command_quarantine_list;
command_function command_quarantine_show;
command_function command_quarantine_release;
command_function command_quarantine_remove;

command_function command_doctor;
command_function command_log;
command_function command_stats;
command_function command_sequence;
command_function command_backup;
command_function command_restore;
command_function command_masterkey_rotate;
command_function command_check;
command_function command_reload;

#endif
