"""What an agent's name says, on thousands of names."""

from tests.factories.agents import PROGRAMS, SENDERS_OF_FORMS, people, robots
from webdoc_app.domain.tracking import Agent
from webdoc_app.integrations.robots import acts_by_itself, agent_of


def test_no_person_is_taken_for_a_robot() -> None:
    assert len(people()) >= 500
    assert [agent for agent in people() if agent_of(agent) is not Agent.BROWSER] == []


def test_no_robot_that_says_so_is_taken_for_a_person() -> None:
    assert len(robots()) >= 600
    assert [agent for agent in robots() if agent_of(agent) is Agent.BROWSER] == []


def test_a_phone_with_a_listed_build_is_only_doubted() -> None:
    phone = "Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008) AppleWebKit/537.36 Chrome/142.0 Mobile Safari/537.36"
    assert agent_of(phone) is Agent.DOUBTFUL


def test_a_robot_on_a_mistaken_phone_is_still_one() -> None:
    assert (
        agent_of("Mozilla/5.0 (Linux; Android 6.0; CUBOT MAX) Chrome/72.0 (compatible; Googlebot/2.1)")
        is Agent.ROBOT
    )


def test_a_name_is_a_must() -> None:
    assert agent_of("  ") is Agent.NONE


def test_a_long_name_costs_nothing() -> None:
    assert agent_of("a-." * 100_000) in Agent


def test_scanners_act_by_themselves_and_nobody_else() -> None:
    assert [agent for agent in SENDERS_OF_FORMS if not acts_by_itself(agent)] == []
    assert [agent for agent in people() if acts_by_itself(agent)] == []
    assert [agent for agent in PROGRAMS if acts_by_itself(agent)] == []
