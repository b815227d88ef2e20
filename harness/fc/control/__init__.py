"""FC 3.0's control plane, as far as Serverless Devs' fc3 component calls it: what deploys, looks and removes.

deployments.py holds what is deployed and keeps it on disk, archive.py the code. Operations are lists of routes:
functions.py, triggers.py, settings.py, versions.py, tags.py. plane.py puts them together.

Not implemented: layers, custom domains, provisioned instances, scaling, VPC bindings (there are none of these, and
reading them says so), instances and sessions, enabling and disabling invocation, resource groups, custom runtimes
and containers, triggers other than OSS's, an alias that splits traffic, FC 2.0's control plane.
"""
