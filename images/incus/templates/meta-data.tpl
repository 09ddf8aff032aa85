instance-id: {{ container.name }}
local-hostname: {{ container.name }}
{{ config_get("cloud-init.meta-data", "") }}
