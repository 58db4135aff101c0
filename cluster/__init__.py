"""Agents in a Ray cluster: Ray places them, starts them again, and counts them.

Ray's memory holds nothing that is needed to go on: which jobs there are, and whose they are, stands
in the job store. No server connects to Ray. What agents need to know, secrets above all, is in the
environment of Ray's nodes; nothing of it goes over Ray, whose arguments are numbers and names.
"""
