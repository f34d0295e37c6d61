//! The regions of Azure: name, display name, geography, pair; and names of sets of regions.

/// Programmatic name, display name, geography, and the region it is paired with.
pub(super) const REGIONS: &[(&str, &str, &str, Option<&str>)] = &[
    ("australiaeast", "Australia East", "Australia", Some("australiasoutheast")),
    ("australiasoutheast", "Australia Southeast", "Australia", Some("australiaeast")),
    ("brazilsouth", "Brazil South", "Brazil", Some("southcentralus")),
    ("canadacentral", "Canada Central", "Canada", Some("canadaeast")),
    ("canadaeast", "Canada East", "Canada", Some("canadacentral")),
    ("centralindia", "Central India", "India", Some("southindia")),
    ("centralus", "Central US", "United States", Some("eastus2")),
    ("eastasia", "East Asia", "Asia Pacific", Some("southeastasia")),
    ("eastus", "East US", "United States", Some("westus")),
    ("eastus2", "East US 2", "United States", Some("centralus")),
    ("francecentral", "France Central", "France", Some("francesouth")),
    ("germanywestcentral", "Germany West Central", "Germany", Some("germanynorth")),
    ("japaneast", "Japan East", "Japan", Some("japanwest")),
    ("japanwest", "Japan West", "Japan", Some("japaneast")),
    ("koreacentral", "Korea Central", "Korea", Some("koreasouth")),
    ("koreasouth", "Korea South", "Korea", Some("koreacentral")),
    ("northeurope", "North Europe", "Europe", Some("westeurope")),
    ("southcentralus", "South Central US", "United States", Some("northcentralus")),
    ("southeastasia", "Southeast Asia", "Asia Pacific", Some("eastasia")),
    ("swedencentral", "Sweden Central", "Sweden", Some("swedensouth")),
    ("uksouth", "UK South", "United Kingdom", Some("ukwest")),
    ("westeurope", "West Europe", "Europe", Some("northeurope")),
    ("westus", "West US", "United States", Some("eastus")),
    ("westus2", "West US 2", "United States", Some("westcentralus")),
    ("westus3", "West US 3", "United States", Some("eastus")),
    ("polandcentral", "Poland Central", "Poland", None),
];

/// Names of sets of regions, which the list of regions holds as well.
pub(super) const LOGICAL: &[(&str, &str)] =
    &[("japan", "Japan"), ("global", "Global"), ("unitedstates", "United States")];
