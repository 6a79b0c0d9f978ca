"""Tests of the simulator, over real sockets: nothing that ARGO would refuse may pass here."""
