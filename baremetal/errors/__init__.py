"""Faults: what can be wrong, stated as facts. One file for each thing that faults are about; callers name none of them.

``errors.NodeLocked`` is a class of ``nodes.py``; a new file is added to the list below.
"""

from baremetal.errors.agents import *
from baremetal.errors.bmcs import *
from baremetal.errors.boot import *
from baremetal.errors.conductors import *
from baremetal.errors.fault import *
from baremetal.errors.images import *
from baremetal.errors.inspection import *
from baremetal.errors.neighbours import *
from baremetal.errors.nodes import *
from baremetal.errors.requests import *
