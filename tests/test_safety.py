"""What the server promises to be safe from, line by line, and the tests that keep each promise.

A promise whose test was renamed or removed fails here, so that it is not lost without a word.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

#: Promise: files of tests, and what in them shows that it is kept.
PROMISES = {
    "git: nothing of a user stands before `--`, addresses are taken apart and put together": {
        "plugins/test_git_safety.py": ["test_git_is_not_asked_for_a_hostile_address"],
        "plugins/test_repository.py": ["test_what_is_no_address_of_a_repository_is_refused"],
    },
    "git: names of refs are those that git allows": {
        "plugins/test_remote_git.py": ["test_names_that_git_does_not_allow_are_refused"],
    },
    "git: only allowed protocols": {
        "plugins/test_git_safety.py": [
            "test_a_repository_on_the_same_machine_is_not_allowed_at_first",
            "test_a_program_is_no_protocol_even_if_it_is_allowed",
        ],
        "plugins/test_git.py": ["test_only_the_protocol_of_the_address_is_allowed"],
    },
    "git: nobody's configuration, no hooks, no prompts": {
        "plugins/test_git.py": ["test_nobody_is_asked_and_nothing_is_read"],
        "plugins/test_git_safety.py": [
            "test_nobody_is_asked_for_a_password",
            "test_hooks_in_a_repository_are_files_like_others",
            "test_attributes_name_programs_in_vain",
        ],
        "plugins/test_mirrors.py": [
            "test_hooks_in_a_mirror_do_nothing",
            "test_configuration_in_a_mirror_does_nothing",
        ],
    },
    "git: no submodules, alternates, bundles, packs or large files from elsewhere": {
        "plugins/test_git_safety.py": ["test_submodules_name_programs_in_vain"],
        "plugins/test_git_leads.py": [
            "test_alternates_of_a_web_server_lead_nowhere",
            "test_bundles_and_packs_elsewhere_are_not_asked_for",
            "test_large_files_kept_elsewhere_stay_there",
            "test_submodules_elsewhere_stay_there",
        ],
    },
    "git: credentials in no address, event or log, and none of the account's own": {
        "plugins/test_git_safety.py": [
            "test_credentials_in_an_address_are_refused_and_not_repeated",
            "test_credentials_in_a_redirect_are_refused_and_not_repeated",
        ],
        "plugins/test_git_servers.py": ["test_no_credentials_of_the_account_are_used"],
        "plugins/test_git_leads.py": ["test_git_answers_no_question_for_credentials"],
    },
    "git: a mirror is for those whom its repository lets in": {
        "plugins/test_mirrors.py": [
            "test_a_mirror_is_not_for_those_whom_its_repository_turns_away",
            "test_nothing_is_served_without_asking",
            "test_what_a_repository_has_given_up_is_not_served",
        ],
    },
    "addresses: private ranges are refused, however they are spelled": {
        "network/test_addresses.py": [
            "test_addresses_that_only_a_server_can_reach_are_refused",
            "test_other_ways_to_write_the_loopback_address_are_seen_through",
        ],
        "network/test_hostile_servers.py": [
            "test_no_spelling_of_a_private_address_is_connected_to",
            "test_nobody_learns_what_listens_on_a_private_address",
        ],
        "acceptance/test_addresses_of_users.py": [
            "test_no_way_leads_inside",
            "test_nobody_learns_which_doors_are_open_inside",
        ],
    },
    "addresses: resolved once and pinned": {
        "network/test_client.py": [
            "test_a_host_is_asked_for_once_and_its_second_answer_does_not_count"
        ],
        "plugins/test_git_servers.py": [
            "test_a_host_is_resolved_once_for_git",
            "test_code_comes_by_ssh_from_the_checked_address",
        ],
        "plugins/test_git.py": ["test_all_checked_addresses_are_pinned_with_their_port"],
        "acceptance/test_addresses_of_users.py": [
            "test_a_name_that_turns_private_after_it_was_checked_leads_to_where_it_was"
        ],
    },
    "addresses: each redirect and each next page is checked again": {
        "network/test_redirects.py": [
            "test_a_name_of_a_private_address_is_refused_at_once_and_behind_a_redirect",
            "test_a_redirect_out_of_tls_is_refused",
            "test_a_token_is_not_sent_to_another_origin_nor_back_again",
        ],
        "plugins/test_data_sources.py": ["test_each_page_is_checked_like_the_first"],
        "plugins/test_git_leads.py": [
            "test_a_redirect_in_the_middle_of_a_fetch_is_not_followed"
        ],
        "acceptance/test_addresses_of_users.py": [
            "test_strangers_lead_to_no_other_kind_of_address",
            "test_a_name_that_turns_private_on_the_way_is_refused",
        ],
    },
    "addresses: sizes, times and redirects are limited": {
        "network/test_client.py": [
            "test_a_body_without_an_end_is_cut_off",
            "test_a_server_that_drips_is_cut_off_in_time",
            "test_what_counts_is_the_size_after_decompression",
            "test_an_encoding_that_was_not_asked_for_is_refused",
        ],
        "network/test_hostile_servers.py": [
            "test_what_should_be_short_is_not_read_without_end",
            "test_interim_answers_without_end_are_given_up_in_time",
        ],
        "network/test_redirects.py": ["test_redirects_come_to_an_end"],
        "plugins/test_mirrors.py": ["test_what_has_not_all_come_is_the_runs_own"],
        "acceptance/test_addresses_of_users.py": ["test_what_has_no_end_is_ended"],
    },
    "addresses: no proxies, cookies and passwords of the server's surroundings": {
        "network/test_client.py": ["test_proxies_and_netrc_of_the_environment_are_not_used"],
        "network/test_hostile_servers.py": ["test_redirects_do_not_carry_anything_along"],
        "plugins/test_git_leads.py": [
            "test_git_uses_no_proxy_of_the_environment",
            "test_git_keeps_no_cookies_and_names_no_page_that_it_comes_from",
        ],
    },
    "archives: names, links, devices, duplicates, counts, ratio and bytes are checked": {
        "plugins/test_archive.py": [
            "test_entries_with_bad_names_are_refused",
            "test_links_that_leave_are_refused",
            "test_nothing_is_written_through_a_link",
            "test_devices_are_refused",
            "test_two_entries_for_one_place_are_refused",
            "test_the_number_of_entries_is_limited",
            "test_a_bomb_is_stopped_while_it_grows",
            "test_all_files_together_are_limited",
            "test_the_sizes_that_an_archive_claims_are_not_believed",
        ],
        "engine/test_archive.py": ["test_links_that_lead_out_are_refused"],
    },
    "sandbox: own processes, a read-only system, the workspace alone can be written to": {
        "engine/test_sandbox_hostile.py": [
            "test_a_build_sees_its_own_processes_only",
            "test_a_build_can_write_to_its_workspace_only",
            "test_a_build_cannot_read_what_the_server_keeps",
            "test_a_build_has_no_power_over_the_machine",
            "test_no_rights_can_be_won",
        ],
    },
    "sandbox: no environment but what was asked for, not even that of process 1": {
        "engine/test_sandbox.py": ["test_a_command_sees_only_what_it_is_given"],
        "engine/test_sandbox_hostile.py": [
            "test_a_build_cannot_see_the_environment_of_the_server"
        ],
    },
    "sandbox: memory, files, processes and output are limited": {
        "engine/test_limits.py": [
            "test_a_fork_bomb_is_ended",
            "test_a_command_that_takes_too_much_memory_is_ended",
            "test_a_command_that_fills_the_disk_is_ended",
            "test_a_command_that_writes_too_large_a_file_is_ended",
            "test_what_all_commands_of_a_run_print_is_counted",
        ],
    },
    "sandbox: the network is on or off": {
        "engine/test_sandbox_hostile.py": ["test_a_build_without_network_reaches_nobody"],
        "engine/test_sandbox.py": [
            "test_what_must_not_reach_the_network_is_not_run_where_it_could"
        ],
        "test_runtime.py": ["test_a_server_that_asks_nobody_warns_of_its_builds"],
    },
    "tenants: runs of one find nothing of another's": {
        "engine/test_neighbours.py": [
            "test_nothing_that_one_leaves_is_there_for_another",
            "test_two_at_once_see_neither_processes_nor_variables_of_each_other",
            "test_nobody_passes_for_another_run",
            "test_workspaces_of_others_are_not_there",
        ],
    },
    "tenants: folders and sites of one are not another's": {
        "plugins/test_targets.py": [
            "test_apps_cannot_reach_each_others_folders",
            "test_links_on_the_way_are_refused",
            "test_paths_that_leave_are_refused",
        ],
        "store/test_database.py": ["test_no_app_gets_the_short_id_of_another"],
        "api/test_files.py": [
            "test_sites_of_two_apps_may_have_the_same_path",
            "test_a_site_cannot_be_left",
        ],
    },
    "results: data, never active content of the server's own origin": {
        "api/test_files.py": [
            "test_a_zip_is_a_file_to_download",
            "test_a_site_is_served_to_everybody",
        ],
        "web/test_guard.py": ["test_an_open_server_is_not_open_to_pages_of_others"],
    },
    "tokens: signed, stored hashed, listed and revoked, decided from the database": {
        "auth/test_tokens.py": [
            "test_a_token_is_a_jwt_and_its_secret_is_stored_nowhere",
            "test_a_revoked_token_is_worth_nothing",
            "test_a_good_signature_is_not_enough",
        ],
    },
    "tokens: one in a query is never written down": {
        "web/test_watching.py": ["test_a_token_is_not_written_down"],
        "web/test_guard.py": ["test_a_token_is_never_echoed"],
        "web/test_hostile_requests.py": ["test_a_redirect_does_not_pass_the_token_on"],
    },
    "JSON: depth and size are limited": {
        "web/test_bodies.py": [
            "test_nesting_has_an_end",
            "test_a_body_that_is_too_large_is_not_read",
        ],
        "plugins/test_data_sources.py": [
            "test_a_bomb_of_small_values_is_refused_before_it_is_parsed",
            "test_depth_is_found_wherever_it_is",
        ],
    },
    "schemas: nothing is fetched for a plugin's, nor for what is in a body": {
        "schema/test_schema.py": ["test_a_reference_to_elsewhere_is_never_followed"],
        "acceptance/test_addresses_of_users.py": [
            "test_addresses_in_bodies_are_names_and_nothing_more"
        ],
    },
    "whatever comes in, the answer is a 4xx with a sentence": {
        "web/test_problems.py": ["test_a_defect_is_told_to_us_and_not_to_the_client"],
        "web/test_bodies.py": ["test_what_is_not_json_is_refused"],
    },
}


@cache
def defined(file):
    """The names of the tests in a file."""
    tree = ast.parse((TESTS / file).read_text())
    return {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("promise", PROMISES)
def test_each_promise_has_its_tests(promise):
    lost = [
        f"{file}::{name}"
        for file, names in PROMISES[promise].items()
        for name in names
        if name not in defined(file)
    ]
    assert lost == []
