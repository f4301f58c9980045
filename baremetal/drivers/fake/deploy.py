"""The fake deploy: one step that pretends to deploy."""

from baremetal import steps
from baremetal.drivers import deploy, task
from baremetal.drivers.fake import play


class FakeDeploy(deploy.Deploy):
    """A system is there as soon as it is asked for."""

    name = "fake"
    serves = ("fake-hardware", "ipmi")

    def validate(self, task: task.Task) -> None:
        """Check what the node wants played."""
        play.check(task)

    @steps.step(deploy=100)
    def deploy(self, task: task.Task) -> steps.Answer:
        """Pretend to deploy; volumes are attached. Safe to run twice."""
        task.storage.attach(task)
        return play.step(task, "deploy", "deploy")

    def prepare(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "prepare")

    def clean_up(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "clean_up")

    def tear_down(self, task: task.Task) -> steps.Answer:
        """Pretend to; volumes are detached."""
        task.storage.detach(task)
        return play.step(task, "deploy", "tear_down")

    def prepare_cleaning(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "prepare_cleaning")

    def tear_down_cleaning(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "tear_down_cleaning")

    def prepare_service(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "prepare_service")

    def tear_down_service(self, task: task.Task) -> steps.Answer:
        """Pretend to."""
        return play.step(task, "deploy", "tear_down_service")

    def take_over(self, task: task.Task) -> None:
        """Pretend to."""
        play.act(task, "deploy", "take_over")
